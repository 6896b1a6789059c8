// A Mosquitto broker (Debian package) on loopback, with a TLS listener that demands a client certificate, and
// two of WebSocket, without TLS and with the same demand.

import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type DeviceIdentity, type Identities, openIdentities } from "../../../host-sim/cloud/identities.js";
import { eventually } from "../../support/waiting.js";

/** Path of the broker, or undefined where it is not installed. */
export const MOSQUITTO = [
	"/usr/sbin/mosquitto",
	"/usr/local/sbin/mosquitto",
	"/opt/homebrew/sbin/mosquitto",
].find((path) => existsSync(path));

export interface Mosquitto {
	readonly port: number;
	readonly wsPort: number;
	readonly wssPort: number;
	readonly ca: string;
	readonly identities: Identities;
	device(name: string): Promise<DeviceIdentity>;
	/** Ends the broker, which runs from the beginning, and starts it again on the same port. */
	stop(): Promise<void>;
	start(): Promise<void>;
	close(): Promise<void>;
}

export async function openMosquitto(): Promise<Mosquitto> {
	const folder = mkdtempSync(join(tmpdir(), "mote-mosquitto-"));
	const identities = await openIdentities(join(folder, "identities"));
	const port = await freePort();
	const wsPort = await freePort();
	const wssPort = await freePort();
	const mutual = [
		`cafile ${join(folder, "identities", "ca.pem")}`,
		`certfile ${join(folder, "identities", "server.pem")}`,
		`keyfile ${join(folder, "identities", "server-key.pem")}`,
		"require_certificate true",
	];
	const config = join(folder, "mosquitto.conf");
	writeFileSync(
		config,
		[
			"user root", // else it gives up its rights to read the keys when it was started by root
			"allow_anonymous true",
			"persistence false",
			`listener ${port} 127.0.0.1`,
			...mutual,
			`listener ${wsPort} 127.0.0.1`,
			"protocol websockets",
			`listener ${wssPort} 127.0.0.1`,
			"protocol websockets",
			...mutual,
			"",
		].join("\n"),
	);
	let child: ChildProcess | undefined;
	const stop = async () => {
		const running = child;
		child = undefined;
		if (!running || running.exitCode !== null) return;
		const ended = new Promise((resolve) => running.once("exit", resolve));
		running.kill();
		await ended;
	};
	const start = async () => {
		if (child) throw new Error("Mosquitto runs already");
		child = spawn(MOSQUITTO as string, ["-c", config], { stdio: "ignore" });
		const started = child;
		await eventually(() => {
			if (started.exitCode !== null) throw new Error("Mosquitto did not start");
			return listens(wssPort); // the last one in the configuration
		});
	};
	await start();
	return {
		port,
		wsPort,
		wssPort,
		ca: join(folder, "identities", "ca.pem"),
		identities,
		device: (name) => identities.device(name, name),
		stop,
		start,
		async close() {
			await stop();
			rmSync(folder, { recursive: true });
		},
	};
}

export function freePort(): Promise<number> {
	return new Promise((resolve) => {
		const server = createServer().listen(0, "127.0.0.1", () => {
			const { port } = server.address() as { port: number };
			server.close(() => resolve(port));
		});
	});
}

export function listens(port: number): Promise<boolean> {
	return new Promise((resolve) => {
		const socket = connect(port, "127.0.0.1");
		socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
		socket.once("connect", () => socket.destroy());
	});
}
