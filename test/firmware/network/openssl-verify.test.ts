// Our check of a server's certificates beside openssl's: several hundred chains, each with one thing or two
// that are out of order. Where openssl refuses, ours refuses; where only ours refuses, the reason is one of
// those listed here.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
	address,
	altNames,
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
	rsaPair,
	seq,
	subjectKey,
	toPem,
} from "./make-certificate.js";
import { faultOf } from "./node-chain.js";

const NOW = Date.UTC(2026, 10, 30, 12);
const DAY = 86_400_000;
const NAME = "broker.example";
const CLIENTS = "1.3.6.1.5.5.7.3.2";
const SERVERS = "1.3.6.1.5.5.7.3.1";
const MAIL = "1.3.6.1.5.5.7.3.4";
const ANY = "2.5.29.37.0";
const DIGITAL_SIGNATURE = 0x80;
const CERT_SIGN = 0x04;
const CRL_SIGN = 0x02;

type Change = (made: Made) => Partial<Made>;
const adds =
	(...extensions: readonly Buffer[]): Change =>
	({ extensions: before }) => ({ extensions: [...before, ...extensions] });
/** Those with the same identifier go. */
const replaces =
	(one: Buffer): Change =>
	({ extensions }) => ({
		extensions: [...extensions.filter((other) => !other.subarray(2, 7).equals(one.subarray(2, 7))), one],
	});
const without =
	(id: string): Change =>
	({ extensions }) => ({ extensions: extensions.filter((other) => !other.includes(oid(id))) });

const unknown = (critical: boolean) => extension("1.3.6.1.4.1.99999.1", octets(Uint8Array.of(1)), critical);
const NAMED = extension("2.5.29.30", seq(der(0xa0, seq(dns("example")))), true);
const POLICY = extension("2.5.29.36", seq(der(0x80, Uint8Array.of(0))), true);

const RIGHT: Change = () => ({});
const LEAF: Readonly<Record<string, Change>> = {
	right: RIGHT,
	"an unknown extension": adds(unknown(false)),
	"an unknown critical extension": adds(unknown(true)),
	"for clients": adds(extendedUsage(CLIENTS)),
	"for servers": adds(extendedUsage(CLIENTS, SERVERS)),
	"for anything": adds(extendedUsage(ANY)),
	"signs revocations only": adds(keyUsage(CRL_SIGN)),
	"signs messages": adds(keyUsage(DIGITAL_SIGNATURE)),
	expired: () => ({ from: NOW - 2 * DAY, to: NOW - DAY }),
	"not valid yet": () => ({ from: NOW + DAY, to: NOW + 2 * DAY }),
	"for another name": replaces(altNames(dns("other.example"))),
	"for a wildcard": replaces(altNames(dns("*.example"))),
	"for a wildcard in the name": replaces(altNames(dns("b*.example"))),
	"for two names": replaces(altNames(dns("other.example"), dns("BROKER.Example"))),
	"for an address": replaces(altNames(address(10, 0, 0, 7))),
	"without names": without("2.5.29.17"),
	"twice its names": adds(altNames(dns("other.example"))),
	"two algorithms": () => ({ inner: ECDSA.sha384 }),
	"SHA-384": () => ({ digest: "sha384" }),
	"SHA-1": () => ({ digest: "sha1" }),
	"bytes behind the end": () => ({ behind: Uint8Array.of(0, 0) }),
	"version 1": () => ({ version: Buffer.alloc(0), extensions: [] }),
	"another issuer's key named": replaces(issuerKey(77)),
	"is an authority too": adds(constraints(true)),
};
const ISSUER: Readonly<Record<string, Change>> = {
	right: RIGHT,
	"no constraints": without("2.5.29.19"),
	"no authority": replaces(constraints(false)),
	"no path": replaces(constraints(true, 0)),
	"may not sign certificates": replaces(keyUsage(CRL_SIGN)),
	"for clients": adds(extendedUsage(CLIENTS)),
	"for mail": adds(extendedUsage(MAIL)),
	"for servers": adds(extendedUsage(SERVERS)),
	"limits names": adds(NAMED),
	"a critical policy constraint": adds(POLICY),
	"an unknown critical extension": adds(unknown(true)),
	expired: () => ({ from: NOW - 2 * DAY, to: NOW - DAY }),
	"signed by another": ({ pair }) => ({ signer: pair }),
	"another subject": () => ({ subject: "someone else" }),
	"a negative path": replaces(extension("2.5.29.19", seq(bool(true), int(255)), true)),
};
const ANCHOR: Readonly<Record<string, Change>> = {
	right: RIGHT,
	"no authority": replaces(constraints(false)),
	"no path": replaces(constraints(true, 0)),
	"may not sign certificates": replaces(keyUsage(CRL_SIGN)),
	"for clients": adds(extendedUsage(CLIENTS)),
	"limits names": adds(NAMED),
	expired: () => ({ from: NOW - 2 * DAY, to: NOW - DAY }),
	"an unknown critical extension": adds(unknown(true)),
};
/** Why ours refuses what openssl takes. */
const STRICTER: ReadonlyArray<readonly [what: string, words: RegExp]> = [
	["limits of names are not checked, so they are refused", /limits the names/],
	["policies are not checked, so a demand for them is refused", /critical extension/],
	["whatever stands twice, or after the end", /twice|after its end/],
	["SHA-1", /digest that is broken/],
	["no extensions: nothing says what it is for", /version 3|no extensions/],
	["a subject's common name is no server's name", /is for (no name|10\.0\.0\.7), not/],
	["an authority that is no longer valid is not trusted", /our ca\.der is valid/],
	["the authority's own usage counts", /our ca\.der is not/],
];

describe("a server's certificates, beside openssl", () => {
	let folder: string;
	before(function () {
		if (spawnSync("openssl", ["version"]).status !== 0) {
			console.log("    openssl is not installed: nothing is compared");
			this.skip();
		}
		folder = mkdtempSync(join(tmpdir(), "mote-verify-"));
	});
	after(() => {
		if (folder) rmSync(folder, { recursive: true });
	});

	const keys = { root: ecPair(), middle: ecPair(), low: ecPair(), leaf: ecPair() };
	const big = { root: rsaPair(2048), middle: rsaPair(2048), low: rsaPair(2048), leaf: rsaPair(2048) };

	interface Case {
		readonly leaf: Change;
		readonly issuer: Change;
		readonly anchor: Change;
		readonly pairs?: typeof keys;
	}

	/** Ours, and openssl's, with the same certificates in the same order. */
	function both({ leaf, issuer, anchor, pairs = keys }: Case): { ours: string; openssl: string } {
		const signs = [constraints(true), keyUsage(CERT_SIGN)];
		const certificate = (
			subject: string,
			pair: keyof typeof keys,
			by: readonly [issuer: string, pair: keyof typeof keys, key: number],
			extensions: readonly Buffer[],
			change: Change,
		) => {
			const made: Made = {
				...{ subject, issuer: by[0], pair: pairs[pair], signer: pairs[by[1]] },
				extensions: [issuerKey(by[2]), ...extensions],
			};
			return make({ ...made, ...change(made) }, NOW);
		};
		const root = certificate("root", "root", ["root", "root", 1], [subjectKey(1), ...signs], anchor);
		const sent = [
			certificate(NAME, "leaf", ["low", "low", 3], [altNames(dns(NAME))], leaf),
			certificate("low", "low", ["middle", "middle", 2], [subjectKey(3), ...signs], RIGHT),
			certificate("middle", "middle", ["root", "root", 1], [subjectKey(2), ...signs], issuer),
		];
		const file = (name: string, text: string) => writeFileSync(join(folder, name), text);
		file("root.pem", toPem(root));
		file("leaf.pem", toPem(sent[0] as Buffer));
		file("rest.pem", sent.slice(1).map(toPem).join(""));
		const { stdout, stderr } = spawnSync(
			"openssl",
			[
				...["verify", "-no-CApath", "-no-CAstore", "-purpose", "sslserver", "-verify_hostname", NAME],
				...["-attime", `${NOW / 1000}`, "-CAfile", "root.pem", "-untrusted", "rest.pem", "leaf.pem"],
			],
			{ cwd: folder, encoding: "utf8" },
		);
		const openssl = /: OK\n/.test(stdout)
			? ""
			: /error \d+ .*: (.*)|(unable to load.*)/.exec(stderr)?.[0] || stderr;
		return { ours: faultOf(sent, root, NAME, NOW), openssl };
	}

	it("refuses what openssl refuses, and more only for the reasons that are listed", () => {
		const counts = new Map<string, number>();
		const count = (what: string) => counts.set(what, (counts.get(what) ?? 0) + 1);
		let chains = 0;
		const compare = (what: string, one: Case) => {
			const { ours, openssl } = both(one);
			chains++;
			if (openssl !== "") {
				assert.notEqual(ours, "", `${what}: openssl says ${openssl}`);
				return count("both refuse");
			}
			if (ours === "") return count("both take");
			const reason = STRICTER.find(([, words]) => words.test(ours));
			assert.ok(reason, `${what}: openssl takes it, ours says: ${ours}`);
			count(`ours alone refuses: ${reason[0]}`);
		};
		for (const [one, leaf] of Object.entries(LEAF))
			for (const [other, issuer] of Object.entries(ISSUER))
				compare(`leaf ${one}, issuer ${other}`, { leaf, issuer, anchor: RIGHT });
		for (const [one, anchor] of Object.entries(ANCHOR))
			for (const [other, leaf] of Object.entries(LEAF).slice(0, 8))
				compare(`anchor ${one}, leaf ${other}`, { leaf, issuer: RIGHT, anchor });
		for (const [one, leaf] of Object.entries(LEAF))
			compare(`RSA, leaf ${one}`, {
				leaf: (made) => ({
					...leaf(made),
					...(one === "two algorithms" && { inner: ECDSA.sha256 }),
				}),
				...{ issuer: RIGHT, anchor: RIGHT, pairs: big },
			});
		console.log(`    ${chains} chains:`);
		for (const [what, times] of counts) console.log(`      ${times} × ${what}`);
		assert.ok((counts.get("both take") ?? 0) > 20 && (counts.get("both refuse") ?? 0) > 200);
	});
});
