// What an embedded cloud tells its user: stored values, outcomes of commands, and events as they happen.

export interface StoredValue {
	device: string;
	/** temperature, led, buzzer, speed or whatever the device sends. */
	series: string;
	value: number;
	/** The number as the device wrote it. */
	text: string;
	unit: string;
	/** Time of the sample, ms since 1970. */
	time: number;
	/** Time of arrival, ms since 1970. */
	arrived: number;
	/** Which of the device's measure-carrying PUBLISH packets brought it; the first is 1. */
	publish: number;
}

export interface CommandOutcome {
	text: string;
	status: "SUCCESSFUL" | "FAILED";
	reason: string;
}

export type CloudEvent =
	| { kind: "connected"; device: string }
	| { kind: "disconnected"; device: string }
	| { kind: "refused"; clientId: string; reason: string }
	| { kind: "subscribed"; device: string; topic: string }
	| { kind: "publish"; device: string; topic: string; payload: string; qos: number }
	| { kind: "sent"; device: string; topic: string; payload: string }
	| { kind: "stored"; value: StoredValue }
	| { kind: "operation"; id: string; device: string; status: string; fragment: string; reason: string }
	/** A device that waits to be taken into the tenant; no status: it no longer does. */
	| { kind: "registration"; device: string; status: string }
	| { kind: "warning"; device: string; text: string }
	| { kind: "error"; device: string; text: string };

export type ReportEvent = (event: CloudEvent) => void;
