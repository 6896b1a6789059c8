// `npm run certs`: identities, from what the clouds hand out to what the board needs. Whatever goes wrong is
// one sentence on standard error; exit code 2 for a mistake on the command line or in a file, 1 where check
// or probe found something.

import { argv, exit, stderr, stdout } from "node:process";
import { CertsError } from "./library/errors.js";
import { printable, runCerts } from "./run.js";

// Whoever reads may have had enough.
stdout.on("error", () => exit(0));

runCerts(
	argv.slice(2),
	(line) => stdout.write(`${line}\n`),
	(line) => stderr.write(`${line}\n`),
).then(
	(code) => {
		process.exitCode = code;
	},
	(error: unknown) => {
		const { code, message, stack } = error as NodeJS.ErrnoException;
		const known = error instanceof CertsError || code?.startsWith("E");
		stderr.write(known ? `${printable(message)}\n` : `unexpected: ${stack ?? String(error)}\n`);
		process.exitCode = 2;
	},
);
