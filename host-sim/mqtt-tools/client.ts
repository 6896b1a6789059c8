// The firmware's MQTT session on its own, for the command line: the same session, parser and transport as in
// the node, with a source of messages of the tool's.

import { PINS } from "../../drivers/boards/esp32/pins.js";
import type { Alarm } from "../../modules/core/clock.js";
import { encodeUtf8 } from "../../modules/core/utf8.js";
import { describeClose } from "../../modules/mqtt/close-codes.js";
import { Limits } from "../../modules/mqtt/limits.js";
import { ENDS_BYTES, Output } from "../../modules/mqtt/output.js";
import type { PublishSource } from "../../modules/mqtt/publish-source.js";
import { Session } from "../../modules/mqtt/session.js";
import type { SessionHandler, SessionOptions } from "../../modules/mqtt/session-parts.js";
import { SessionState } from "../../modules/mqtt/session-state.js";
import { mqttText } from "../../modules/mqtt/topic.js";
import { SystemClock } from "../../modules/platform/clock.js";
import { SocketTransport, type SocketTransportOptions } from "../../modules/platform/socket-transport.js";
import { SystemTimers } from "../../modules/platform/timers.js";
import type { Line } from "../engine/line.js";
import { Machine } from "../nodejs/machine.js";
import type { Credentials } from "./credentials.js";
import { explain, isLasting } from "./explain.js";
import type { ClientOptions } from "./options.js";
import { escaped } from "./text.js";

/** What the program around it does. */
export interface Program {
	/** Prints a line, at once. */
	print(line: string): void;
	/** Ends with a sentence and a code that is not 0. */
	giveUp(sentence: string): never;
}

/** The options with what their files hold. */
export type Prepared<T extends ClientOptions> = T & { readonly credentials: Credentials };

export class Client {
	readonly session: Session;
	readonly clock: SessionOptions["clock"];
	readonly timers: SessionOptions["timers"];
	readonly #program: Program;
	readonly #options: ClientOptions;
	/** Runs until the broker has taken the first connection, and while it is tried. */
	readonly #patience: Alarm;
	#taken = false;

	/** Only within `inMachine`. */
	constructor(
		options: Prepared<ClientOptions>,
		source: PublishSource,
		handler: SessionHandler,
		program: Program,
	) {
		this.#program = program;
		this.#options = options;
		this.clock = new SystemClock();
		this.timers = new SystemTimers();
		const bytes = new Uint8Array(Limits.outputBytes + ENDS_BYTES);
		const { username, password } = options;
		const { host, port } = options.broker;
		this.#patience = this.timers.create({ due: () => this.#tooLong() });
		this.session = new Session({
			transport: new SocketTransport({ host, port, ...tlsOf(options) }, this.timers),
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

	start(): void {
		this.session.start();
		this.#patience.start(this.#options.timeoutMs);
	}

	event(what: string): void {
		this.#program.print(`EV ${what}`);
	}

	opened(sessionPresent: boolean): void {
		this.#taken = true;
		this.#patience.stop();
		this.event(`connected, session ${sessionPresent ? "present" : "new"}`);
	}

	closed(code: string, detail: string, retryMs: number): void {
		const why = detail === "" ? describeClose(code) : `${describeClose(code)} (${detail})`;
		this.event(`closed ${code}: ${escaped(Buffer.from(why))}`);
		// Once it has gone well, it goes on for ever.
		if (!this.#taken && isLasting(code, detail)) this.#giveUp(code, detail);
		if (!this.#taken && retryMs >= 0) this.#patience.start(retryMs + this.#options.timeoutMs);
		if (retryMs >= 0 && retryMs < Number.POSITIVE_INFINITY) this.event(`reconnecting in ${retryMs} ms`);
	}

	#tooLong(): void {
		const greeting = this.session.state === SessionState.Greeting;
		this.#giveUp(greeting ? "connack-timeout" : "connect-timeout", "");
	}

	#giveUp(code: string, detail: string): never {
		return this.#program.giveUp(explain(code, detail, this.#options.broker));
	}
}

/** Of a WebSocket it is the line's. */
function tlsOf({ broker, credentials }: Prepared<ClientOptions>): Pick<SocketTransportOptions, "tls"> {
	if (!broker.tls || broker.path !== undefined) return {};
	return { tls: { serverName: broker.host, alpn: "", fragmentBytes: 0, ...credentials } };
}

/**
 * Runs `start` where the Moddable names of the firmware's platform are answered, with the sockets of `line`
 * if there is one; a mistake ends the process.
 */
export function inMachine(start: () => void, crashed: (error: unknown) => void, line?: Line): void {
	const machine = new Machine({
		pins: PINS,
		config: {},
		resources: new Map(),
		line,
		main: () => {
			throw new Error("there is no node");
		},
		onCrash: crashed,
	});
	machine.enter(start);
}
