// What `mqtt:sub` and `mqtt:pub` share as programs: lines out, an orderly end, and errors in one sentence.

import { writeSync } from "node:fs";
import { argv, exit, stderr, stdout } from "node:process";
import type { Session } from "../../modules/mqtt/session.js";
import { OptionError } from "../cli/option-error.js";
import { inMachine, type Prepared } from "./client.js";
import { readCredentials } from "./credentials.js";
import type { ClientOptions } from "./options.js";
import { escaped } from "./text.js";
import { WebLine } from "./web-line.js";

/** Whoever reads may be slow, or have had enough. */
export function print(line: string): void {
	const bytes = Buffer.from(`${line}\n`);
	for (let at = 0; at < bytes.length; ) {
		try {
			at += writeSync(stdout.fd, bytes, at);
		} catch (error) {
			const { code } = error as NodeJS.ErrnoException;
			if (code === "EPIPE") exit(0);
			if (code !== "EAGAIN") throw error;
			Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
		}
	}
}

/** Ends the program: no connection will come about. Part of the words may be the server's. */
export function giveUp(sentence: string): never {
	stderr.write(`${escaped(Buffer.from(sentence))}\n`);
	exit(1);
}

/** Ends the session in order, with DISCONNECT, on the first signal; at once on the second. */
export function untilStopped(session: Session): void {
	const stop = () => {
		process.once("SIGINT", () => exit(1));
		process.once("SIGTERM", () => exit(1));
		session.stop();
	};
	process.once("SIGINT", stop);
	process.once("SIGTERM", stop);
}

/** A whole program: its command line, or the help that it asks for, then `start` in a machine of its own. */
export async function runTool<T extends ClientOptions>(
	parse: (args: readonly string[]) => T | undefined,
	usage: string,
	start: (options: Prepared<T>) => void,
): Promise<void> {
	try {
		const options = parse(argv.slice(2));
		if (options === undefined) {
			stdout.write(usage);
			exit(0);
		}
		const credentials = await readCredentials(options);
		const { broker } = options;
		const line = broker.path === undefined ? undefined : new WebLine(broker, credentials);
		inMachine(() => start({ ...options, credentials }), failed, line);
	} catch (error) {
		failed(error);
	}
}

/** Code 2 for what is wrong on the command line, 1 for a mistake of the program. */
function failed(error: unknown): never {
	if (error instanceof OptionError || error instanceof RangeError) {
		stderr.write(`${error.message.replace(/\.$/, "")}.\n`);
		exit(2);
	}
	stderr.write(`The program failed, which is a mistake of its own: ${(error as Error)?.stack ?? error}\n`);
	exit(1);
}
