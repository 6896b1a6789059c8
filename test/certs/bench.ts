// What the tests of the identities tool share: runs in a folder of their own, openssl beside it, and a watch
// over every output for secrets.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CertsError } from "../../certs/library/errors.js";
import { runCerts } from "../../certs/run.js";

export interface Outcome {
	readonly code: number;
	/** What was said, and what was said beside it, or why it was refused. */
	readonly out: string;
	readonly note: string;
}

/** Never to be seen in any output; also the beginnings of private keys. */
const SECRETS = [
	"Ziegenk\u00e4se-42",
	"horse battery staple",
	"BEGIN PRIVATE KEY",
	"BEGIN RSA PRIVATE",
	"BEGIN EC PRIVATE",
];
export const SECRET = "horse battery staple";
export const UMLAUT_SECRET = SECRETS[0] as string;

export class CertsBench {
	readonly folder = mkdtempSync(join(tmpdir(), "mote-certs-"));

	path(name: string): string {
		return join(this.folder, name);
	}
	write(name: string, content: string | Uint8Array): string {
		writeFileSync(this.path(name), content);
		return this.path(name);
	}
	text(name: string): string {
		return readFileSync(this.path(name), "utf8");
	}

	/** Runs the tool on the folder `own`; every failure has to be one of its sentences. */
	async run(...args: string[]): Promise<Outcome> {
		let out = "";
		let note = "";
		let code: number;
		try {
			code = await runCerts(
				[...args, "--folder", this.path("own")],
				(line) => {
					out += `${line}\n`;
				},
				(line) => {
					note += `${line}\n`;
				},
			);
		} catch (error) {
			if (!(error instanceof CertsError)) throw error;
			assert.match(error.message, /^[^\n]{10,400}\.$/, "a failure is one sentence");
			code = 2;
			note += `${error.message}\n`;
		}
		for (const secret of SECRETS)
			assert.ok(!(out + note).includes(secret), `a secret was told by ${args.join(" ")}`);
		return { code, out, note };
	}

	/** Runs what has to succeed. */
	async done(...args: string[]): Promise<Outcome> {
		const outcome = await this.run(...args);
		assert.equal(outcome.code, 0, outcome.note + outcome.out);
		return outcome;
	}

	/** Runs openssl in the folder; its standard output. */
	openssl(...args: string[]): string {
		return execFileSync("openssl", args, { cwd: this.folder, stdio: ["ignore", "pipe", "pipe"] }).toString();
	}

	close(): void {
		rmSync(this.folder, { recursive: true, force: true });
	}
}

/** Skips the tests of a suite where openssl is missing, with a word about it. */
export function needsOpenssl(context: Mocha.Context): void {
	try {
		execFileSync("openssl", ["version"], { stdio: "ignore" });
	} catch {
		console.log("    openssl is not installed: its tests are skipped");
		context.skip();
	}
}

/** Sets the secret in the environment for one call. */
export async function withSecret<T>(secret: string, call: () => Promise<T>): Promise<T> {
	process.env.MOTE_SECRET = secret;
	try {
		return await call();
	} finally {
		process.env.MOTE_SECRET = undefined;
		delete process.env.MOTE_SECRET;
	}
}
