// A stranger's certificate: whatever its bytes say, reading it ends with a word or with offsets inside of it,
// and the key that comes out is one that can be reckoned with.

import assert from "node:assert/strict";
import { constants, createHash, publicEncrypt, sign } from "node:crypto";
import { Certificate, Signature } from "../../../modules/network/certificate.js";
import { derFault } from "../../../modules/network/der.js";
import { isPair, paddedDigest } from "../../../modules/network/signature.js";
import { seeded } from "../../support/seeded.js";
import { checkMutations, type Seed } from "./certificate-fuzz.js";
import {
	address,
	altNames,
	bits,
	bool,
	constraints,
	der,
	dns,
	ECDSA,
	ecPair,
	extendedUsage,
	extension,
	int,
	issuerKey,
	keyUsage,
	type Made,
	make,
	octets,
	oid,
	RSA,
	rsaPair,
	seq,
	subjectKey,
} from "./make-certificate.js";
import { faultOf } from "./node-chain.js";

const NOW = Date.UTC(2026, 10, 30, 12);
const NAME = "broker.example";

describe("a certificate, read in place", () => {
	const small = ecPair();
	const large = rsaPair(2048);
	const made = (change: Partial<Made> = {}): Buffer =>
		make(
			{
				...{ issuer: "root", subject: NAME, pair: small, signer: large },
				...{ extensions: [altNames(dns(NAME)), subjectKey(1), issuerKey(2)], ...change },
			},
			NOW,
		);
	const fault = (change: Partial<Made>, name = NAME) => new Certificate(made(change), name).fault;
	const whole = (change: Partial<Made>) => new Certificate(made(change), NAME);

	it("gives what it says, and where", () => {
		const bytes = made({
			extensions: [altNames(dns(NAME)), subjectKey(1), issuerKey(2), constraints(true, 3)],
		});
		const read = new Certificate(bytes, NAME);
		assert.equal(read.fault, "");
		assert.deepEqual(
			[
				read.matches,
				read.shown,
				read.server,
				read.authority,
				read.pathLength,
				read.signature,
				read.curveBits,
			],
			[true, NAME, true, true, 3, Signature.RsaSha256, 256],
		);
		assert.deepEqual([read.from, read.to], [NOW - 86_400_000, NOW + 86_400_000]);
		assert.deepEqual([...bytes.subarray(read.subjectKeyFrom, read.subjectKeyTo)], [1, 1]);
		assert.deepEqual([...bytes.subarray(read.issuerKeyFrom, read.issuerKeyTo)], [2, 2]);
		assert.equal(bytes.subarray(read.issuerFrom, read.issuerTo).includes("root"), true);
		assert.equal(bytes[read.pointFrom], 4);
		assert.equal(read.pointTo - read.pointFrom, 65);
		for (const [digest, signature] of [
			["sha384", Signature.RsaSha384],
			["sha512", Signature.RsaSha512],
			["sha1", Signature.None],
		] as const)
			assert.equal(whole({ digest }).signature, signature);
	});

	it("gives an RSA key only where it can be reckoned with", () => {
		const key = whole({ pair: large });
		assert.equal(key.fault, "");
		assert.equal(key.modulusTo - key.modulusFrom, 256);
		assert.equal(key.exponent, 65537);
		assert.match(fault({ pair: rsaPair(1024) }), /RSA key of 1024 bits/);
		assert.match(fault({ pair: rsaPair(2048, 3) }), /exponent/);
		// A key that nobody has: only its form is read.
		const rsaKey = (modulus: Uint8Array, exponent: Uint8Array) => {
			const spki = seq(
				seq(oid("1.2.840.113549.1.1.1"), der(5)),
				bits(0, ...seq(der(2, Uint8Array.of(0), modulus), der(2, exponent))),
			);
			const publicKey = { export: () => spki } as unknown as Made["pair"]["publicKey"];
			return fault({ pair: { publicKey, privateKey: large.privateKey } });
		};
		const ones = (length: number) => new Uint8Array(length).fill(255);
		assert.equal(rsaKey(ones(512), Uint8Array.of(1, 0, 1)), "");
		assert.match(rsaKey(ones(513), Uint8Array.of(1, 0, 1)), /RSA key of 4104 bits/);
		assert.match(rsaKey(ones(512), Uint8Array.of(127, ...ones(511))), /exponent/);
		assert.match(rsaKey(ones(512), Uint8Array.of(1, 0, 2)), /exponent/);
		assert.match(rsaKey(ones(512), Uint8Array.of(0)), /exponent/);
		assert.match(rsaKey(Uint8Array.of(...ones(511), 254), Uint8Array.of(1, 0, 1)), /even/);
	});

	it("takes EC keys on the two curves, and no other key", () => {
		assert.equal(whole({ pair: ecPair("P-384") }).curveBits, 384);
		assert.match(fault({ pair: ecPair("P-521") }), /kind of key/);
		assert.match(fault({ pair: ecPair("secp256k1") }), /kind of key/);
	});

	it("refuses what would take memory, time or a wrong reader", () => {
		const huge = Buffer.from([0x06, 0x83, 0x03, 0x0d, 0x40]); // an identifier of 200,000 bytes
		assert.match(fault({ extensions: [seq(huge, octets(Uint8Array.of(1)))] }), /./);
		assert.match(fault({ inner: seq(huge) }), /./);
		assert.match(
			fault({ extensions: [seq(der(6, new Uint8Array(33).fill(1)), octets(Uint8Array.of(1)))] }),
			/too long/,
		);
		assert.match(fault({ behind: Uint8Array.of(0) }), /bytes after its end/);
		assert.match(fault({ extensions: [altNames(dns(NAME)), altNames(dns(NAME))] }), /twice/);
		assert.match(fault({ inner: ECDSA.sha256 }), /two ways/);
		assert.match(fault({ inner: RSA.sha384 }), /two ways/);
		assert.match(fault({ version: Buffer.alloc(0) }), /version 3/);
		assert.match(fault({ version: der(0xa0, int(1)) }), /version 3/);
		assert.match(fault({ extensions: [] }), /no extensions/);
		assert.match(fault({ from: NOW + 2 * 86_400_000 }), /no dates/);
		const deep = Array.from({ length: 14 }).reduce<Buffer>((inner) => seq(inner), bool(true));
		assert.match(fault({ inner: deep }), /nested too deep/);
		assert.match(fault({ extensions: Array(700).fill(der(5)) }), /too many parts|no certificate/);
	});

	it("goes by the first certificate's uses", () => {
		assert.equal(whole({ extensions: [extendedUsage("1.3.6.1.5.5.7.3.2")] }).server, false);
		assert.equal(
			whole({ extensions: [extendedUsage("1.3.6.1.5.5.7.3.2", "1.3.6.1.5.5.7.3.1")] }).server,
			true,
		);
		assert.equal(whole({ extensions: [keyUsage(0x02)] }).server, false);
		assert.equal(whole({ extensions: [keyUsage(0x20)] }).server, true);
		assert.equal(whole({ extensions: [constraints(true), keyUsage(0x80)] }).authority, false);
		assert.equal(whole({ extensions: [extension("2.5.29.30", seq(), true)] }).limited, true);
		assert.match(fault({ extensions: [extension("2.5.29.36", seq(), true)] }), /critical/);
	});

	const NAMES: ReadonlyArray<readonly [pattern: string, name: string, good: boolean]> = [
		["broker.example", "broker.example", true],
		["Broker.EXAMPLE", "broker.example", true],
		["broker.example", "BROKER.example", true],
		["broker.example", "broker.example.evil", false],
		["broker.example", "xbroker.example", false],
		["*.example.com", "a.example.com", true],
		["*.example.com", "A.Example.com", true],
		["*.example.com", "a.b.example.com", false],
		["*.example.com", "example.com", false],
		["*.example.com", ".example.com", false],
		["*.com", "example.com", false],
		["*", "localhost", false],
		["*.*.example.com", "a.b.example.com", false],
		["a*.example.com", "ab.example.com", false],
		["", "x", false],
		["192.0.2.1", "192.0.2.1", false],
		["*.0.2.1", "192.0.2.1", false],
		["broker.example\0.evil", "broker.example", false],
		// Letters beyond ASCII are not folded.
		["\u00e9.example", "\u00c9.example", false],
	];
	for (const [pattern, name, good] of NAMES)
		it(`${pattern === "" ? "an empty name" : JSON.stringify(pattern)} is ${good ? "" : "not "}for ${name}`, () => {
			const read = new Certificate(
				made({ extensions: [altNames(dns("other.example"), dns(pattern))] }),
				name,
			);
			assert.equal(read.fault, "");
			assert.equal(read.matches, good);
		});

	it("is for an address by an iPAddress alone", () => {
		const bytes = made({ extensions: [altNames(address(192, 0, 2, 1))] });
		assert.equal(new Certificate(bytes, "192.0.2.1").matches, true);
		for (const other of ["192.0.2.2", "192.0.2.1.", "192.0.2", "192.0.2.257", "x192.0.2.1"])
			assert.equal(new Certificate(bytes, other).matches, false, other);
	});

	it("tells no more of a stranger's names than fits a line", () => {
		const names = ["a\nmote: all is well\u001b[2J", "x".repeat(500), "c", "d", "e"].map(dns);
		const { shown } = whole({ extensions: [altNames(...names)] });
		assert.equal(shown, `a?mote:?all?is?well?[2J, ${"x".repeat(64)}, c, d and others`);
	});

	it("ends with a word or with offsets inside, however it is mutated", () => {
		const seeds: Seed[] = [
			made(),
			made({ pair: large, extensions: [altNames(dns(NAME)), constraints(true, 1), keyUsage(4)] }),
		].map((bytes) => ({ bytes, name: NAME }));
		const { read, refused } = checkMutations(seeds, 4000, seeded(20));
		assert.equal(read + refused, 4000);
		assert.ok(refused > 2000 && read > 100, `${read} read`);
	});

	it("passes no chain of which a byte of what is signed was changed", () => {
		const root = ecPair();
		const signs = [constraints(true), keyUsage(4)];
		const anchor = make(
			{ issuer: "root", subject: "root", pair: root, signer: root, extensions: signs },
			NOW,
		);
		const leaf = make(
			{ issuer: "root", subject: NAME, pair: small, signer: root, extensions: [altNames(dns(NAME))] },
			NOW,
		);
		assert.equal(faultOf([leaf], anchor, NAME, NOW), "");
		for (let at = 0; at < leaf.length; at++) {
			const changed = Buffer.from(leaf);
			changed[at] = (changed[at] as number) ^ 1;
			assert.notEqual(faultOf([changed], anchor, NAME, NOW), "", `byte ${at}`);
		}
	});
});

describe("the forms of signatures", () => {
	it("pads a digest as openssl does", () => {
		const pair = rsaPair(2048);
		for (const name of ["sha256", "sha384", "sha512"]) {
			const data = Buffer.from(name);
			const signature = sign(name, data, pair.privateKey);
			const held = publicEncrypt({ key: pair.publicKey, padding: constants.RSA_NO_PADDING }, signature);
			const digest = createHash(name).update(data).digest();
			assert.deepEqual(Buffer.from(paddedDigest(digest, 256)), held);
		}
	});

	it("takes an ECDSA pair between 0 and the order of the curve, and in no other form", () => {
		const pair = (r: readonly number[], s: readonly number[]) => {
			const bytes = seq(int(...r), int(...s));
			return isPair(bytes, 0, bytes.length, 256);
		};
		const hex = (text: string) => [...Buffer.from(text, "hex")];
		const order = hex("00ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");
		const below = hex("00ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632550");
		assert.equal(pair([1], [1]), true);
		assert.equal(pair(below, below), true);
		for (const wrong of [
			[0],
			order,
			[255],
			[0, 1],
			hex(`00${"ff".repeat(32)}`),
			hex(`7f${"ff".repeat(32)}`),
		]) {
			assert.equal(pair(wrong, [1]), false);
			assert.equal(pair([1], wrong), false);
		}
		for (const bytes of [seq(int(1)), seq(int(1), int(1), int(1)), seq(), int(1), Buffer.from([0x30])])
			assert.equal(isPair(bytes, 0, bytes.length, 256), false);
		const key = ecPair("P-384");
		for (let i = 0; i < 20; i++) {
			const bytes = sign("sha384", Buffer.from([i]), key.privateKey);
			assert.equal(isPair(bytes, 0, bytes.length, 384), true);
		}
	});

	it("walks DER in its one form", () => {
		const good = seq(int(1), der(0xa0, octets(new Uint8Array(200))), der(0x31, bits(7, 128)));
		assert.equal(derFault(good, 0, good.length), "");
		const WRONG: ReadonlyArray<readonly [hex: string, words: RegExp]> = [
			["", /not DER/],
			["30", /not DER/],
			["3080", /impossible length/],
			["308400000000", /impossible length/],
			["308101", /longer than the whole|shortest/],
			["30810101", /shortest/],
			["3082000101", /shortest/],
			["300205000000", /bytes after its end/],
			["3003020101", /^$/],
			["300302020101", /longer than the whole|behind/],
			["300402020001", /not DER/],
			["30030101aa", /not DER/],
			["30020500", /^$/],
			["3003050100", /not DER/],
			["30030603808000", /longer|not DER|behind/],
			["3003060180", /not DER/],
			["30021f00", /not DER/],
			["30020000", /not DER/],
			["30022200", /not DER/],
			["3003030108", /not DER/],
		];
		for (const [hex, words] of WRONG) {
			const bytes = Buffer.from(hex, "hex");
			assert.match(derFault(bytes, 0, bytes.length), words, hex);
		}
	});
});
