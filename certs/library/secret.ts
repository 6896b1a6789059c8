// A secret from a file, the environment or a prompt that does not show it; never from the command line, which
// every user of a machine can read.

import { stderr, stdin } from "node:process";
import { createInterface } from "node:readline";
import { Writable } from "node:stream";
import { CertsError } from "./errors.js";
import { readBounded } from "./read.js";

/** Name of the environment's variable. */
export const VARIABLE = "MOTE_SECRET";

/** A function that asks once and remembers. */
export function secretSource(file: string | undefined): (what: string) => Promise<string> {
	let asked: Promise<string> | undefined;
	return (what) => {
		asked ??= ask(what, file);
		return asked;
	};
}

async function ask(what: string, file: string | undefined): Promise<string> {
	// A line end behind the secret is the editor's.
	if (file !== undefined) return (await readBounded(file)).toString("utf8").replace(/\r?\n$/, "");
	const given = process.env[VARIABLE];
	if (given !== undefined) return given;
	if (!stdin.isTTY)
		throw new CertsError(
			`${what} needs a secret: give it by --secret-file FILE or in the variable ${VARIABLE}, or type it in a terminal.`,
		);
	return prompt(`secret of ${what} (it is not shown): `);
}

const MIN_SECRET = 8;

/** A secret for a store that is made now: one that every other tool takes. */
export async function newSecret(file: string | undefined, what: string): Promise<string> {
	const secret = await ask(what, file);
	if (secret.length < MIN_SECRET || !/^[\x20-\x7e]*$/.test(secret))
		throw new CertsError(`the secret of ${what} has at least ${MIN_SECRET} characters, all of them ASCII.`);
	return secret;
}

function prompt(question: string): Promise<string> {
	const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
	const reader = createInterface({ input: stdin, output: nowhere, terminal: true });
	stderr.write(question);
	return new Promise((resolve, reject) => {
		reader.question("", (answer) => {
			reader.close();
			stderr.write("\n");
			resolve(answer);
		});
		reader.on("SIGINT", () => {
			reader.close();
			stderr.write("\n");
			reject(new CertsError("no secret was given."));
		});
	});
}
