// What a server's certificates prove, rule by rule.

import assert from "node:assert/strict";
import { Signature } from "../../../modules/network/certificate.js";
import { type Chain, chainFault, type ServerCertificate } from "../../../modules/network/server-chain.js";

const NOW = Date.UTC(2026, 10, 27);
const DAY = 86_400_000;
const NAME = "broker.example";

const LEAF: ServerCertificate = {
	fault: "",
	matches: true,
	shown: NAME,
	from: NOW - DAY,
	to: NOW + DAY,
	signature: Signature.RsaSha256,
	server: true,
	authority: false,
	pathLength: Number.POSITIVE_INFINITY,
	limited: false,
};
const AUTHORITY: ServerCertificate = {
	...LEAF,
	matches: false,
	authority: true,
};

/** Links are whole and the last names the trusted authority unless the test says otherwise. */
function fault(
	certificates: readonly ServerCertificate[],
	{
		unlinked = -1,
		forged = -1,
		trusted = certificates.length - 1,
		name = NAME,
		now = NOW,
		anchor = AUTHORITY,
		reckoned = [] as number[],
		ownAuthority = true,
		missing = "",
	} = {},
): string {
	const signed = (at: number) => {
		reckoned.push(at);
		return at !== forged;
	};
	const chain: Chain = {
		length: certificates.length,
		ownAuthority,
		missing,
		certificate: (at) => certificates[at] as ServerCertificate,
		linked: (at) => {
			assert.ok(at + 1 < certificates.length);
			return at !== unlinked;
		},
		anchor: (at) => (at === trusted ? anchor : undefined),
		signed,
		anchored: signed,
	};
	return chainFault(chain, name, now);
}

describe("a server's certificates", () => {
	it("pass from the server's own up to a trusted one, however long the chain", () => {
		assert.equal(fault([LEAF]), "");
		assert.equal(fault([LEAF, AUTHORITY]), "");
		assert.equal(fault([LEAF, AUTHORITY, AUTHORITY, AUTHORITY, AUTHORITY, AUTHORITY]), "");
	});

	it("without a ca.der are said to be signed by none of the SDK's authorities, or by one that is not in the image", () => {
		const none = { trusted: -1, ownAuthority: false };
		assert.match(fault([LEAF], none), /none of the SDK's authorities, or .* along; there is no ca\.der/);
		assert.match(fault([LEAF, AUTHORITY], none), /none of the SDK's authorities; there is no ca\.der/);
		assert.match(
			fault([LEAF, AUTHORITY], { ...none, missing: "ca7.der" }),
			/ca7\.der of the SDK, .* not in the image/,
		);
		assert.equal(fault([LEAF, AUTHORITY], { ownAuthority: false }), "");
		const old = { ...AUTHORITY, to: NOW - 1 };
		assert.match(fault([LEAF], { ownAuthority: false, anchor: old }), /^the SDK's authority is valid from/);
		assert.match(fault([LEAF], { ownAuthority: false, forged: 0 }), /not signed by the SDK's authority/);
	});

	it("do not pass by an authority that limits names, because that is not checked", () => {
		assert.match(fault([LEAF, { ...AUTHORITY, limited: true }]), /certificate 2 .* limits the names/);
		assert.match(
			fault([LEAF, AUTHORITY, { ...AUTHORITY, limited: true }]),
			/certificate 3 .* limits the names/,
		);
	});

	it("end with the first that a trusted authority has issued: what comes behind it is not looked at", () => {
		assert.equal(fault([LEAF, AUTHORITY, LEAF], { trusted: 1, unlinked: 1 }), "");
	});

	it("fail without any, without a name to check, and beyond six", () => {
		assert.match(fault([]), /no certificate/);
		assert.match(fault([LEAF], { name: "" }), /serverName/);
		assert.match(fault([LEAF, ...Array(6).fill(AUTHORITY)]), /more certificates/);
	});

	it("fail when a forged one stands in front of the true authority", () => {
		for (const how of ["unlinked", "forged"] as const) {
			assert.match(
				fault([LEAF, AUTHORITY], { [how]: 0 }),
				/^the server's certificate is not signed by the one that the server sent after it/,
			);
			assert.match(
				fault([LEAF, AUTHORITY, AUTHORITY], { [how]: 1 }),
				/^certificate 2 of the server is not signed/,
			);
		}
	});

	it("fail when they only name the trusted authority, and nothing more is reckoned with", () => {
		for (const length of [1, 2, 3, 6]) {
			const reckoned: number[] = [];
			const chain = [LEAF, ...Array(length - 1).fill(AUTHORITY)];
			assert.match(fault(chain, { forged: length - 1, reckoned }), /our ca\.der/);
			assert.deepEqual(reckoned, [length - 1]);
		}
	});

	it("are verified from the trusted end down, once names, dates and uses of all are right", () => {
		const reckoned: number[] = [];
		assert.equal(fault([LEAF, AUTHORITY, AUTHORITY], { reckoned }), "");
		assert.deepEqual(reckoned, [2, 1, 0]);
		for (const wrong of [
			[{ ...LEAF, matches: false }, AUTHORITY],
			[LEAF, { ...AUTHORITY, to: NOW - 1 }],
			[LEAF, { ...AUTHORITY, authority: false }],
			[LEAF, { ...AUTHORITY, fault: "has a kind of key that is not accepted" }],
		]) {
			reckoned.length = 0;
			assert.notEqual(fault(wrong, { reckoned }), "");
			assert.deepEqual(reckoned, []);
		}
	});

	it("fail when nothing leads to a trusted authority, and say whether the issuer may be missing", () => {
		assert.match(fault([LEAF], { trusted: -1 }), /does not send its issuer along/);
		assert.match(fault([LEAF, AUTHORITY], { trusted: -1 }), /an authority that is not our ca\.der/);
	});

	it("fail when anybody's certificate was used to sign another", () => {
		assert.match(fault([LEAF, LEAF]), /certificate 2 of the server may not sign others/);
		const limited = (pathLength: number) => ({ ...AUTHORITY, pathLength });
		assert.equal(fault([LEAF, limited(0), limited(1)]), "");
		assert.match(fault([LEAF, limited(0), limited(0)]), /certificate 3 of the server may not have so many/);
	});

	it("fail when the trusted authority has more of them below it than it may", () => {
		const anchor = (pathLength: number) => ({ anchor: { ...AUTHORITY, pathLength } });
		assert.equal(fault([LEAF], anchor(0)), "");
		assert.match(fault([LEAF, AUTHORITY], anchor(0)), /^our ca\.der may not have so many authorities/);
		assert.equal(fault([LEAF, AUTHORITY], anchor(1)), "");
		assert.match(fault([LEAF, AUTHORITY, AUTHORITY], anchor(1)), /^our ca\.der may not/);
	});

	it("fail when the trusted authority is none, or limits what is not checked", () => {
		const words = (change: Partial<ServerCertificate>) =>
			fault([LEAF, AUTHORITY], { anchor: { ...AUTHORITY, ...change } });
		assert.match(words({ authority: false }), /^our ca\.der is not an authority's/);
		assert.match(words({ server: false }), /^our ca\.der is not for signing servers/);
		assert.match(words({ limited: true }), /^our ca\.der limits the names/);
		assert.match(words({ to: NOW - 1 }), /^our ca\.der is valid from/);
		assert.match(words({ fault: "is not DER" }), /^our ca\.der is not DER/);
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
		assert.match(fault([{ ...LEAF, signature: Signature.None }]), /digest that is broken/);
		assert.match(fault([LEAF, { ...AUTHORITY, signature: Signature.None }]), /^certificate 2 .*digest/);
		assert.match(fault([{ ...LEAF, server: false }]), /not one for servers/);
		assert.match(fault([LEAF, { ...AUTHORITY, server: false }]), /^certificate 2 .* may not sign servers/);
	});

	it("name what they are for, also when that is nothing", () => {
		const other = { ...LEAF, matches: false };
		assert.match(fault([{ ...other, shown: "a, b" }]), /is for a, b, not for broker\.example$/);
		assert.match(fault([{ ...other, shown: "" }]), /is for no name, not for broker\.example$/);
	});
});
