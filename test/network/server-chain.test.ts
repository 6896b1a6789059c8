// What a server's certificates prove, rule by rule.

import assert from "node:assert/strict";
import { type Chain, chainFault, type ServerCertificate } from "../../modules/network/server-chain.js";

const NOW = Date.UTC(2026, 10, 27);
const DAY = 86_400_000;
const NAME = "broker.example";

const LEAF: ServerCertificate = {
	names: [NAME],
	from: NOW - DAY,
	to: NOW + DAY,
	strong: true,
	server: true,
	authority: false,
	pathLength: 0,
	limited: false,
};
const AUTHORITY: ServerCertificate = {
	...LEAF,
	names: [],
	authority: true,
	pathLength: Number.POSITIVE_INFINITY,
};

/** Links are whole and the last is trusted unless the test says otherwise. */
function fault(
	certificates: readonly ServerCertificate[],
	{
		broken = -1,
		trusted = certificates.length - 1,
		name = NAME,
		now = NOW,
		below = Number.POSITIVE_INFINITY,
	} = {},
): string {
	const chain: Chain = {
		length: certificates.length,
		certificate: (at) => certificates[at] as ServerCertificate,
		linked: (at) => {
			assert.ok(at + 1 < certificates.length);
			return at !== broken;
		},
		trusted: (at) => (at === trusted ? below : -1),
	};
	return chainFault(chain, name, now);
}

describe("a server's certificates", () => {
	it("pass from the server's own up to a trusted one, however long the chain", () => {
		assert.equal(fault([LEAF]), "");
		assert.equal(fault([LEAF, AUTHORITY]), "");
		assert.equal(fault([LEAF, AUTHORITY, AUTHORITY, AUTHORITY, AUTHORITY, AUTHORITY]), "");
	});

	it("do not pass by an authority that limits names, because that is not checked", () => {
		assert.match(fault([LEAF, { ...AUTHORITY, limited: true }]), /certificate 2 .* limits the names/);
		assert.match(
			fault([LEAF, AUTHORITY, { ...AUTHORITY, limited: true }]),
			/certificate 3 .* limits the names/,
		);
	});

	it("have no wildcard that stands for a part of an address", () => {
		assert.match(fault([{ ...LEAF, names: ["*.0.0.7"] }], { name: "10.0.0.7" }), /not for 10\.0\.0\.7/);
		assert.equal(fault([{ ...LEAF, names: ["10.0.0.7"] }], { name: "10.0.0.7" }), "");
	});

	it("end with the first that a trusted authority has issued: what comes behind it is not looked at", () => {
		assert.equal(fault([LEAF, AUTHORITY, LEAF], { trusted: 1, broken: 1 }), "");
	});

	it("fail without any, without a name to check, and beyond six", () => {
		assert.match(fault([]), /no certificate/);
		assert.match(fault([LEAF], { name: "" }), /serverName/);
		assert.match(fault([LEAF, ...Array(6).fill(AUTHORITY)]), /more certificates/);
	});

	it("fail when a forged one stands in front of the true authority", () => {
		assert.match(
			fault([LEAF, AUTHORITY], { broken: 0 }),
			/^the server's certificate is not signed by the one that the server sent behind it/,
		);
		assert.match(
			fault([LEAF, AUTHORITY, AUTHORITY], { broken: 1 }),
			/^certificate 2 of the server is not signed/,
		);
	});

	it("fail when nothing leads to a trusted authority, and say whether the issuer may be missing", () => {
		assert.match(fault([LEAF], { trusted: -1 }), /does not send its issuer along/);
		assert.match(fault([LEAF, AUTHORITY], { trusted: -1 }), /an authority that is not our ca\.der/);
	});

	it("fail when anybody's certificate was used to sign another", () => {
		assert.match(fault([LEAF, { ...LEAF, names: [] }]), /certificate 2 of the server may not sign others/);
		const limited = (pathLength: number) => ({ ...AUTHORITY, pathLength });
		assert.equal(fault([LEAF, limited(0), limited(1)]), "");
		assert.match(fault([LEAF, limited(0), limited(0)]), /certificate 3 of the server may not have so many/);
	});

	it("fail when the trusted authority has more of them below it than it may", () => {
		assert.equal(fault([LEAF], { below: 0 }), "");
		assert.match(fault([LEAF, AUTHORITY], { below: 0 }), /^our ca\.der may not have so many authorities/);
		assert.equal(fault([LEAF, AUTHORITY], { below: 1 }), "");
		assert.match(fault([LEAF, AUTHORITY, AUTHORITY], { below: 1 }), /^our ca\.der may not/);
	});

	it("fail outside of their dates, which are told beside the node's clock", () => {
		assert.equal(fault([LEAF], { now: LEAF.from }), "");
		assert.equal(fault([LEAF], { now: LEAF.to }), "");
		assert.match(
			fault([LEAF], { now: LEAF.to + 1 }),
			/the server's certificate expired at 2026-11-28T00:00Z, and our clock says 2026-11-28T00:00Z/,
		);
		assert.match(fault([LEAF], { now: 0 }), /is valid from 2026-11-26T00:00Z, and our clock says 1970-01-01/);
		assert.match(fault([LEAF, { ...AUTHORITY, to: NOW - 1 }]), /^certificate 2 of the server expired/);
		assert.match(fault([{ ...LEAF, from: Number.NaN }]), /no dates that can be read/);
	});

	it("fail with a broken digest, or a use that is not a server's", () => {
		assert.match(fault([{ ...LEAF, strong: false }]), /digest that is broken/);
		assert.match(fault([LEAF, { ...AUTHORITY, strong: false }]), /^certificate 2 .*digest/);
		assert.match(fault([{ ...LEAF, server: false }]), /not one for servers/);
		assert.equal(fault([LEAF, { ...AUTHORITY, server: false }]), "");
	});

	const NAMES: ReadonlyArray<readonly [pattern: string, name: string, good: boolean]> = [
		["broker.example", "broker.example", true],
		["Broker.EXAMPLE", "broker.example", true],
		["broker.example", "BROKER.example", true],
		["broker.example", "broker.example.evil", false],
		["broker.example", "xbroker.example", false],
		["192.0.2.1", "192.0.2.1", true],
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
	];
	for (const [pattern, name, good] of NAMES)
		it(`${pattern === "" ? "an empty name" : pattern} is ${good ? "" : "not "}for ${name}`, () => {
			const words = fault([{ ...LEAF, names: ["other.example", pattern] }], { name });
			if (good) assert.equal(words, "");
			else assert.match(words, /is for other\.example, .*, not for/);
		});

	it("tells no more of a stranger's names than fits a line", () => {
		const words = fault([{ ...LEAF, names: ["a\nmote: all is well", "x".repeat(500), "c", "d", "e"] }]);
		assert.ok(words.length < 250);
		assert.match(words, /is for a\?mote:\?all\?is\?well, x{64}, c, d and others, not for broker\.example$/);
	});

	it("names what it is for, also when that is nothing", () => {
		assert.match(fault([{ ...LEAF, names: [] }]), /is for no name, not for broker\.example/);
	});
});
