// Relays of the cloud: 518 switches one actuator, 519 several, each by a state of its own.

import { equals } from "../../core/bytes.js";
import { decodeUtf8 } from "../../core/utf8.js";
import type { CloudHost } from "../cloud.js";
import { utf8 } from "../text.js";
import { Operation } from "./message-ids.js";
import type { RowReader } from "./rows.js";

/** How an actuator is driven, as command texts. */
export interface Relay {
	readonly closed: Uint8Array;
	readonly open: Uint8Array;
}

/** Actuators that can be relays. */
export const RELAYS: readonly string[] = Object.freeze(["led", "buzzer", "speed"]);

const COMMANDS = Object.freeze({
	led: Object.freeze(["led on", "led off"]),
	buzzer: Object.freeze(["buzzer on", "buzzer off"]),
	speed: Object.freeze(["speed ", "speed stop"]),
});

/** How an actuator is switched; a motor runs at its highest speed. */
export function relayOf(actuator: string, maxRpm: number): Relay {
	const [closed, open] = COMMANDS[actuator as keyof typeof COMMANDS] as readonly [string, string];
	return { closed: utf8(actuator === "speed" ? `${closed}${maxRpm}` : closed), open: utf8(open) };
}

const CLOSED = utf8("CLOSED");
const CLOSE = utf8("CLOSE"); // what the documentation of 519 writes
const OPEN = utf8("OPEN");
const WRONG_STATE = "the state is neither OPEN nor CLOSED";

export class Relays {
	/** What the row that was planned last asks for, as columns. */
	states = "";
	private readonly host: CloudHost;
	private readonly one: Relay;
	private readonly all: readonly Relay[];
	/** That of the child which the next 518 is for. */
	declare child?: Relay | undefined;

	/** `one` is that of 518, `all` those of 519. */
	constructor(host: CloudHost, one: Relay, all: readonly Relay[]) {
		this.host = host;
		this.one = one;
		this.all = all;
	}

	/** Whether there are several. */
	get isArray(): boolean {
		return this.all.length > 0;
	}

	/** Plans a row; "" or why it is refused. */
	plan(row: RowReader, id: number): string {
		this.states = "";
		return id === Operation.Relay ? this.planOne(row) : this.planAll(row);
	}

	private planOne(row: RowReader): string {
		this.states = stateIn(row, 2);
		if (this.states === "") return WRONG_STATE;
		const relay = this.child ?? this.one;
		const command = this.states === "CLOSED" ? relay.closed : relay.open;
		return this.host.commands.plan(command, 0, command.length);
	}

	private planAll(row: RowReader): string {
		const columns = row.count - 2;
		if (columns > this.all.length) return `this device has ${this.all.length} relays`;
		let text = "";
		for (let i = 0; i < columns; i++) {
			const state = stateIn(row, 2 + i);
			if (state === "") return WRONG_STATE;
			const { closed, open } = this.all[i] as Relay;
			const command = state === "CLOSED" ? closed : open;
			text += `${decodeUtf8(command, 0, command.length)};`;
			this.states += i === 0 ? state : `,${state}`;
		}
		const command = utf8(text);
		return this.host.commands.plan(command, 0, command.length);
	}
}

/** A state in a column, as the inventory writes it; "" if it is none. */
function stateIn(row: RowReader, column: number): string {
	const { text } = row;
	const start = row.start(column);
	const end = row.end(column);
	if (equals(text, start, end, CLOSED) || equals(text, start, end, CLOSE)) return "CLOSED";
	return equals(text, start, end, OPEN) ? "OPEN" : "";
}
