// openssl as a TLS server at the size of a real cloud: a chain of three, keys of 2048 or 4096 bits, many
// names of authorities, records of any length, a client certificate that it demands.

import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Names of authorities in a request. */
export const AUTHORITIES = [3, 166];

/** Root, middle authority and leaves, with keys of 2048 and 4096 bits; and names of many authorities. */
export function makeIdentities(folder: string, device: string): void {
	const openssl = (...args: string[]) => execFileSync("openssl", args, { cwd: folder, stdio: "pipe" });
	writeFileSync(
		join(folder, "authority.ext"),
		"basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n",
	);
	writeFileSync(
		join(folder, "server.ext"),
		"subjectAltName=DNS:localhost,IP:127.0.0.1\nextendedKeyUsage=serverAuth\n",
	);
	writeFileSync(join(folder, "device.ext"), "extendedKeyUsage=clientAuth\n");
	for (const bits of [2048, 4096]) {
		openssl(
			...[
				"req",
				"-x509",
				"-newkey",
				`rsa:${bits}`,
				"-nodes",
				"-sha256",
				"-days",
				"30",
				"-subj",
				`/CN=Root ${bits}`,
			],
			...[
				"-addext",
				"keyUsage=critical,keyCertSign",
				"-keyout",
				`root-${bits}.key`,
				"-out",
				`root-${bits}.pem`,
			],
		);
		const issue = (name: string, by: string, ext: string, cn: string) => {
			openssl(
				"req",
				"-new",
				"-newkey",
				`rsa:${bits}`,
				"-nodes",
				"-keyout",
				`${name}-${bits}.key`,
				"-subj",
				`/CN=${cn}`,
				"-out",
				"x.csr",
			);
			openssl(
				...[
					"x509",
					"-req",
					"-in",
					"x.csr",
					"-CA",
					`${by}-${bits}.pem`,
					"-CAkey",
					`${by}-${bits}.key`,
					"-CAcreateserial",
				],
				...["-sha256", "-days", "30", "-extfile", ext, "-out", `${name}-${bits}.pem`],
			);
		};
		issue("middle", "root", "authority.ext", `Middle ${bits}`);
		issue("server", "middle", "server.ext", "localhost");
		issue("device", "middle", "device.ext", device);
		const pem = (name: string) => readFileSync(join(folder, `${name}-${bits}.pem`), "utf8");
		writeFileSync(join(folder, `chain-${bits}.pem`), pem("middle") + pem("root"));
		for (const name of ["root", "middle", "device"])
			openssl("x509", "-in", `${name}-${bits}.pem`, "-outform", "DER", "-out", `${name}-${bits}.der`);
		openssl(
			"pkcs8",
			"-topk8",
			"-nocrypt",
			"-in",
			`device-${bits}.key`,
			"-outform",
			"DER",
			"-out",
			`device-${bits}.pk8`,
		);
	}
	openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", "other.key");
	let others = "";
	for (let i = 0; i < Math.max(...AUTHORITIES) - 1; i++) {
		const subject = `/C=DE/O=Somebody's trust services AG/CN=Authority of the number ${String(i).padStart(4, "0")}`;
		others += openssl(
			"req",
			"-x509",
			"-new",
			"-key",
			"other.key",
			"-sha256",
			"-days",
			"30",
			"-subj",
			subject,
		).toString();
		if (AUTHORITIES.includes(i + 2))
			for (const bits of [2048, 4096])
				writeFileSync(
					join(folder, `authorities-${i + 2}-${bits}.pem`),
					readFileSync(join(folder, `root-${bits}.pem`), "utf8") + others,
				);
	}
}

/** `openssl s_server` that demands a client certificate. */
export class OpensslServer {
	connected = false;
	/** It has ended by itself. */
	ended = false;
	readonly #child;
	constructor(folder: string, port: number, bits: number, more: readonly string[], authorities: number) {
		this.#child = spawn(
			"openssl",
			[
				...["s_server", "-accept", `127.0.0.1:${port}`, "-tls1_2", "-quiet", "-naccept", "1000"],
				...["-cert", `server-${bits}.pem`, "-key", `server-${bits}.key`, "-cert_chain", `chain-${bits}.pem`],
				...["-Verify", "3", "-verify_return_error", "-CAfile", `authorities-${authorities}-${bits}.pem`],
				...more,
			],
			{ cwd: folder, stdio: ["pipe", "pipe", "ignore"] },
		);
		this.#child.stdout.on("data", (data: Buffer) => {
			if (data.includes("MQTT")) this.connected = true;
		});
		this.#child.once("exit", () => {
			this.ended = true;
		});
	}

	async stop(): Promise<void> {
		this.connected = false;
		if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
		const gone = once(this.#child, "exit");
		this.#child.kill();
		await gone;
	}
}

/**
 * The files of an identity as mcconfig's `data` takes them; `place` puts them under the names that the node
 * looks for.
 */
export const IDENTITY = ["./ca", "./client", "./client1", "./client2"];

export function placeIdentity(folder: string, bits: number): void {
	for (const [name, file] of [
		["ca.der", `root-${bits}.der`],
		["client.der", `device-${bits}.der`],
		["client1.der", `middle-${bits}.der`],
		["client2.der", `root-${bits}.der`],
		["client.pk8", `device-${bits}.pk8`],
	] as const)
		writeFileSync(join(folder, name), readFileSync(join(folder, file)));
}
