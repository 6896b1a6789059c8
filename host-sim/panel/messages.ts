// What host-sim tells the page; shared by both.

import type { ControlShape } from "../circuit/part.js";
import type { NamedRow } from "../cloud/cumulocity/template-names.js";

export interface WirePacket {
	/** Counts packets of a run. */
	readonly number: number;
	/** ms since 1970. */
	readonly at: number;
	readonly connection: number;
	readonly direction: "up" | "down";
	readonly type: string;
	/** On the wire, without TLS. */
	readonly bytes: number;
	readonly qos?: number;
	readonly dup?: boolean;
	readonly retain?: boolean;
	readonly id?: number;
	readonly topic?: string;
	/** What else the packet says, in words. */
	readonly about: string;
	/** The payload as text, cut after MAX_TEXT. */
	readonly payload?: string;
	readonly rows?: readonly NamedRow[];
	/** The payload is JSON. */
	readonly json?: boolean;
	/** The packet in hexadecimal, cut after MAX_HEX bytes. */
	readonly hex: string;
}

/** A channel as the page shows it. */
export interface ShownChannel {
	readonly key: string;
	readonly unit: string;
	readonly decimals: number;
	/** A standard source's name, or the part's. */
	readonly from: string;
}
/** A simulated part: what it is, and what can be set on it. */
export interface ShownPart {
	readonly id: string;
	readonly name: string;
	readonly controls: readonly ShownControl[];
}
/** What can be set on a part. */
export type ShownControl = ControlShape;
/** A part now: its reading in words, and the values of its controls in their order. */
export interface PartNow {
	readonly reading: string;
	readonly values: ReadonlyArray<number | boolean>;
}

/** A sample as the node took it. */
export interface Sampled {
	/** ms since 1970. */
	readonly at: number;
	/** In the order of the channels; null: no value. */
	readonly values: ReadonlyArray<number | null>;
}
/** A sample as the cloud has it. */
export interface Stored {
	readonly at: number;
	readonly arrived: number;
	readonly series: string;
	readonly value: number;
}
/** Records in the ring at a time. */
export interface Filled {
	readonly at: number;
	readonly used: number;
}
export interface Command {
	readonly id: string;
	readonly at: number;
	readonly text: string;
	readonly status: string;
	readonly reason: string;
}
export interface Said {
	readonly at: number;
	readonly text: string;
	readonly level: "info" | "warn";
}
/** What is replaced as a whole. */
export interface Now {
	/** By name: the circuit, the switches, the node, the machine, the cloud's view. */
	readonly [name: string]: unknown;
}

export interface Update {
	readonly sampled?: readonly Sampled[];
	readonly stored?: readonly Stored[];
	readonly ring?: readonly Filled[];
	readonly wire?: readonly WirePacket[];
	readonly said?: readonly Said[];
	/** By id: new ones and changed ones. */
	readonly commands?: readonly Command[];
	readonly now?: Now;
}
export interface Snapshot extends Required<Update> {
	readonly snapshot: true;
	readonly about: Readonly<Record<string, unknown>>;
}
