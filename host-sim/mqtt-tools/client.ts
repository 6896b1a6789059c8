// The firmware's MQTT session on its own, for the command line: the same session, parser and transport as in
// the node, with a source of messages of the tool's.

import { PINS } from "../../drivers/boards/esp32/pins.js";
import { encodeUtf8 } from "../../modules/core/utf8.js";
import { describeClose } from "../../modules/mqtt/close-codes.js";
import { Limits } from "../../modules/mqtt/limits.js";
import { ENDS_BYTES, Output } from "../../modules/mqtt/output.js";
import type { PublishSource } from "../../modules/mqtt/publish-source.js";
import { Session } from "../../modules/mqtt/session.js";
import type { SessionHandler, SessionOptions } from "../../modules/mqtt/session-parts.js";
import { mqttText } from "../../modules/mqtt/topic.js";
import { SystemClock } from "../../modules/platform/clock.js";
import { SocketTransport } from "../../modules/platform/socket-transport.js";
import { SystemTimers } from "../../modules/platform/timers.js";
import { Machine } from "../nodejs/machine.js";
import type { ClientOptions } from "./options.js";
import { escaped } from "./text.js";

/** Prints a line, at once. */
export type Print = (line: string) => void;

export class Client {
	readonly session: Session;
	readonly clock: SessionOptions["clock"];
	readonly timers: SessionOptions["timers"];
	readonly #print: Print;

	/** Only within `inMachine`. */
	constructor(options: ClientOptions, source: PublishSource, handler: SessionHandler, print: Print) {
		this.#print = print;
		this.clock = new SystemClock();
		this.timers = new SystemTimers();
		const bytes = new Uint8Array(Limits.outputBytes + ENDS_BYTES);
		const { username, password } = options;
		this.session = new Session({
			transport: new SocketTransport({ host: options.host, port: options.port }, this.timers),
			clock: this.clock,
			timers: this.timers,
			random: Math.random,
			output: new Output(bytes, 0, Limits.outputBytes),
			connect: {
				clientId: mqttText(options.clientId, "--client-id"),
				cleanSession: !options.persistent,
				keepAlive: options.keepAlive,
				username: username === undefined ? undefined : mqttText(username, "--username"),
				password: password === undefined ? undefined : encodeUtf8(password),
			},
			source,
			handler,
		});
	}

	event(what: string): void {
		this.#print(`EV ${what}`);
	}

	opened(sessionPresent: boolean): void {
		this.event(`connected, session ${sessionPresent ? "present" : "new"}`);
	}

	closed(code: string, detail: string, retryMs: number): void {
		const why = detail === "" ? describeClose(code) : `${describeClose(code)} (${detail})`;
		this.event(`closed ${code}: ${escaped(Buffer.from(why))}`);
		if (retryMs >= 0 && retryMs < Number.POSITIVE_INFINITY) this.event(`reconnecting in ${retryMs} ms`);
	}
}

/**
 * Runs `start` where the Moddable names of the firmware's platform are answered; a mistake ends the process.
 */
export function inMachine(start: () => void, crashed: (error: unknown) => void): void {
	const machine = new Machine({
		pins: PINS,
		config: {},
		resources: new Map(),
		main: () => {
			throw new Error("there is no node");
		},
		onCrash: crashed,
	});
	machine.enter(start);
}
