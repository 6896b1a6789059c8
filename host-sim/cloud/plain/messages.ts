// The JSON messages of a device on a plain MQTT broker: measures and results of commands.
import { parseJson } from "../bounded-json.js";
import type { CommandOutcome } from "../events.js";

/** Why a message is not understood. */
export class MessageError extends Error {}

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

function parseObject(payload: string): Record<string, unknown> {
	let value: unknown;
	try {
		value = parseJson(payload);
	} catch {
		throw new MessageError("the payload is not JSON");
	}
	if (typeof value !== "object" || value === null || Array.isArray(value)) {
		throw new MessageError("the payload is not a JSON object");
	}
	return value as Record<string, unknown>;
}

export interface Measure {
	time: number;
	values: [name: string, value: number][];
}

export function readMeasure(payload: string): Measure {
	const { time, ...members } = parseObject(payload);
	if (typeof time !== "string" || !TIME.test(time)) {
		throw new MessageError("time is not ISO 8601 with milliseconds and Z");
	}
	const parsed = new Date(time);
	// A day that the month does not have comes back as another one.
	if (Number.isNaN(parsed.getTime()) || parsed.toISOString() !== time) {
		throw new MessageError("time does not exist");
	}
	const values = Object.entries(members);
	if (values.length === 0) throw new MessageError("the message has no values");
	for (const [name, value] of values) {
		if (typeof value !== "number") throw new MessageError(`${name} is not a number`);
	}
	return { time: parsed.getTime(), values: values as [string, number][] };
}

/** An alarm or an event of the device. */
export interface Told {
	readonly kind: "alarm" | "event";
	readonly type: string;
	/** ACTIVE or CLEARED; of an event nothing. */
	readonly status: string;
	readonly text: string;
	/** ms since 1970; undefined: the device did not know. */
	readonly time: number | undefined;
}

/** What comes on the topic of results: how a command ended, an alarm, an event. */
export function readReport(payload: string): CommandOutcome | Told {
	const message = parseObject(payload);
	const { alarm, event, status = "", text, time } = message;
	if (alarm === undefined && event === undefined) return readResult(message);
	const type = alarm ?? event;
	if (typeof type !== "string" || typeof text !== "string" || typeof status !== "string")
		throw new MessageError("an alarm or an event has a type, a text and a status");
	if (time !== null && (typeof time !== "string" || !TIME.test(time)))
		throw new MessageError("time is not ISO 8601 with milliseconds and Z");
	const at = typeof time === "string" ? Date.parse(time) : undefined;
	return { kind: alarm === undefined ? "event" : "alarm", type, status, text, time: at };
}

function readResult({ command, status, reason = "" }: Record<string, unknown>): CommandOutcome {
	if (typeof command !== "string") throw new MessageError("command is not a string");
	if (status !== "SUCCESSFUL" && status !== "FAILED") throw new MessageError("status is unknown");
	if (typeof reason !== "string") throw new MessageError("reason is not a string");
	return { text: command, status, reason };
}
