// The brokers of the cut test, on loopback without TLS: Mosquitto, where it is installed, and aedes.

import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Aedes } from "aedes";
import { eventually } from "../../support/waiting.js";
import { freePort, listens, MOSQUITTO } from "./mosquitto.js";

export interface PlainBroker {
	readonly name: string;
	readonly port: number;
	close(): Promise<void>;
}

/** One opener for each; Mosquitto's gives undefined, with a word, where it is not installed. */
export function openBrokers(): ReadonlyArray<() => Promise<PlainBroker | undefined>> {
	return [openMosquittoPlain, openAedes];
}

export async function openMosquittoPlain(): Promise<PlainBroker | undefined> {
	if (MOSQUITTO === undefined) {
		console.log("    Mosquitto is not installed (apt-get install mosquitto): left out");
		return undefined;
	}
	const folder = mkdtempSync(join(tmpdir(), "mote-mosquitto-"));
	const port = await freePort();
	const config = join(folder, "mosquitto.conf");
	const lines = ["user root", "allow_anonymous true", "persistence false", `listener ${port} 127.0.0.1`];
	// A client that is cut off for long must find all of its messages. (0 would be no limit, also on those in
	// flight.)
	writeFileSync(config, [...lines, "max_inflight_messages 20", "max_queued_messages 100000", ""].join("\n"));
	const child: ChildProcess = spawn(MOSQUITTO, ["-c", config], { stdio: "ignore" });
	await eventually(() => {
		if (child.exitCode !== null) throw new Error("Mosquitto did not start");
		return listens(port);
	});
	return {
		name: "Mosquitto",
		port,
		async close() {
			const ended = new Promise((resolve) => child.once("exit", resolve));
			child.kill();
			await ended;
			rmSync(folder, { recursive: true });
		},
	};
}

export async function openAedes(): Promise<PlainBroker> {
	const aedes = await Aedes.createBroker();
	const server: Server = createServer((socket) => aedes.handle(socket));
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	return {
		name: "aedes",
		port: (server.address() as { port: number }).port,
		close: () =>
			new Promise((resolve) => {
				aedes.close(() => server.close(() => resolve()));
			}),
	};
}
