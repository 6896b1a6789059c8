// A long comparison of writeDecimal with toFixed, seeded: `npm run sweep:decimal [comparisons] [seed]`.

import { MAX_DECIMAL_BYTES, MAX_DECIMALS, writeDecimal } from "../../../modules/core/decimal.js";

const comparisons = Number(process.argv[2] ?? 1_200_000);
let state = Number(process.argv[3] ?? 20261120) >>> 0;

/** Mulberry32: 32 random bits. */
function bits(): number {
	state = (state + 0x6d2b79f5) >>> 0;
	let t = state;
	t = Math.imul(t ^ (t >>> 15), t | 1);
	t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
	return (t ^ (t >>> 14)) >>> 0;
}
const random = (): number => bits() / 4294967296;
const cell = new DataView(new ArrayBuffer(8));

/** The double `steps` representable ones away. */
function neighbour(value: number, steps: number): number {
	cell.setFloat64(0, value);
	cell.setBigUint64(0, cell.getBigUint64(0) + BigInt(steps));
	return cell.getFloat64(0);
}

const KINDS: ReadonlyArray<readonly [string, () => number]> = [
	[
		"any bits",
		() => {
			cell.setUint32(0, bits());
			cell.setUint32(4, bits());
			return cell.getFloat64(0);
		},
	],
	["sensor range", () => (random() - 0.5) * 10 ** Math.floor(random() * 8)],
	["any magnitude", () => random() * 10 ** (Math.floor(random() * 36) - 14)],
	[
		"decimal near-ties",
		() => {
			const scale = 10 ** Math.floor(random() * 7);
			const tie = (Math.floor(random() * 10 ** Math.floor(random() * 10)) + 0.5) / scale;
			return neighbour(tie, Math.floor(random() * 7) - 3);
		},
	],
	[
		"exact binary ties",
		() => (Math.floor(random() * 2 ** 30) * 2 + 1) / 2 ** (1 + Math.floor(random() * 20)),
	],
	[
		"carries",
		() =>
			neighbour(
				10 ** Math.floor(random() * 15) - 0.5 / 10 ** Math.floor(random() * 7),
				Math.floor(random() * 9) - 4,
			),
	],
	["whole numbers", () => Math.floor(random() * 2 ** Math.floor(random() * 70))],
];

const bytes = new Uint8Array(8 + MAX_DECIMAL_BYTES + 8);
const view = new DataView(bytes.buffer);
let count = 0;
let refused = 0;
let differences = 0;
while (count < comparisons) {
	for (const [kind, make] of KINDS) {
		const value = random() < 0.3 ? -make() : make();
		for (let decimals = 0; decimals <= MAX_DECIMALS; decimals++) {
			const end = writeDecimal(view, 8, value, decimals);
			const expected =
				Math.abs(value) < 1e21 ? value.toFixed(decimals).replace(/^-(?=[0.]*$)/, "") : undefined;
			let found: string | undefined;
			if (end >= 0) found = String.fromCharCode(...bytes.subarray(8, end));
			if (expected === undefined) refused++;
			if (found !== expected && ++differences <= 10)
				console.log(`${kind}: ${value} with ${decimals} decimals: ${found}, toFixed: ${expected}`);
			count++;
		}
	}
}
console.log(`${count} comparisons, ${refused} of them of refused values, ${differences} differences`);
process.exitCode = differences > 0 ? 1 : 0;
