// Mutated certificates: bits, bytes, lengths, cuts and pieces of another. `npm run fuzz:certificate` tries a
// million.

import { Certificate } from "../../../modules/network/certificate.js";

export interface Seed {
	readonly bytes: Uint8Array;
	readonly name: string;
}

/** Lengths and tags that readers stumble over. */
const EDGES = [0, 1, 0x03, 0x06, 0x24, 0x30, 0x7f, 0x80, 0x81, 0x82, 0x83, 0x84, 0xff];

function mutated(bytes: Uint8Array, random: () => number): Uint8Array {
	const below = (limit: number) => Math.floor(random() * limit);
	let made = Uint8Array.from(bytes);
	for (let changes = 1 + below(3); changes > 0; changes--) {
		const at = below(made.length);
		switch (below(6)) {
			case 0:
				made[at] = (made[at] as number) ^ (1 << below(8));
				break;
			case 1:
				made[at] = EDGES[below(EDGES.length)] as number;
				break;
			case 2:
				made[at] = (made[at] as number) + (random() < 0.5 ? 1 : 255);
				break;
			case 3:
				made = made.slice(0, 1 + at);
				break;
			case 4: {
				const length = 1 + below(8);
				made = Uint8Array.from([
					...made.slice(0, at),
					...Array.from({ length }, () => EDGES[below(EDGES.length)] as number),
					...made.slice(at),
				]);
				break;
			}
			default:
				made.copyWithin(at, below(made.length), below(made.length));
		}
	}
	return made;
}

/** Reads mutated certificates; throws where one is read that cannot be. */
export function checkMutations(
	seeds: readonly Seed[],
	count: number,
	random: () => number,
): { read: number; refused: number; slowest: number } {
	let read = 0;
	let slowest = 0;
	for (let i = 0; i < count; i++) {
		const { bytes, name } = seeds[i % seeds.length] as Seed;
		const made = mutated(bytes, random);
		const before = performance.now();
		const certificate = new Certificate(made, name);
		slowest = Math.max(slowest, performance.now() - before);
		if (certificate.fault !== "") continue;
		read++;
		const wrong = wrongIn(certificate);
		if (wrong !== "") throw new Error(`${wrong}: ${Buffer.from(made).toString("hex")}`);
	}
	return { read, refused: count - read, slowest };
}

/** What a certificate without a fault may not be. */
function wrongIn(certificate: Certificate): string {
	const { der, modulusFrom, modulusTo, exponent, curveBits, pointFrom, pointTo } = certificate;
	const stretches = [
		[certificate.tbsFrom, certificate.tbsTo],
		[certificate.signatureFrom, certificate.signatureTo],
		[certificate.issuerFrom, certificate.issuerTo],
		[certificate.subjectFrom, certificate.subjectTo],
		[certificate.issuerKeyFrom, certificate.issuerKeyTo],
		[certificate.subjectKeyFrom, certificate.subjectKeyTo],
		[modulusFrom, modulusTo],
		[pointFrom, pointTo],
	] as const;
	for (const [from, to] of stretches) if (from > to || to > der.length) return "an offset lies outside";
	if (!(certificate.from <= certificate.to)) return "dates that cannot be";
	const length = modulusTo - modulusFrom;
	if (curveBits === 0 ? length < 256 || length > 512 : pointTo - pointFrom !== 1 + curveBits / 4)
		return "a key that cannot be reckoned with";
	if (curveBits === 0 && (exponent < 65537 || exponent > 0xffffffff)) return "an exponent without bounds";
	return certificate.shown.length > 300 ? "names that fill a line" : "";
}
