// What a node needs of a cloud before it is made: its settings, its memory, and how to make it.

import type { Channel } from "../core/channels.js";
import type { Fields, Values } from "../core/schema.js";
import type { Cloud } from "./cloud.js";
import type { SharedSettings } from "./shared-settings.js";

/** What is known of this firmware and this boot. */
export interface Build {
	/** Of the firmware. */
	readonly version: string;
	/** Number of this boot, 1 to 65535. */
	readonly boot: number;
}

/** Slots, and bytes of chunks. */
export interface Memory {
	readonly slots: number;
	readonly chunkBytes: number;
}

/** Groups of settings whose settings are groups themselves, under names that are free. */
export type NamedGroups = Readonly<Record<string, Fields>>;
/** What they hold. */
export type NamedValues<N extends NamedGroups> = {
	readonly [G in keyof N]: Readonly<Record<string, Values<N[G]>>>;
};
export type NoNames = Readonly<Record<never, Fields>>;

/** A cloud in the list of clouds; the list's name of it is that of its group of settings. */
export interface CloudKind<
	Settings extends SharedSettings,
	Group extends Fields,
	Named extends NamedGroups = NoNames,
> {
	readonly settings: Group;
	/** Further groups: parts of the device that have a name of their own in this cloud. */
	readonly named?: Named;
	/** Mistakes that no range tells, with the names of the settings. */
	mistakes?(settings: Settings): string[];
	/**
	 * What a node for this cloud takes at rest on XS, beside the bytes of its arena: over plain TCP, with
	 * nothing that settings switch on. test/host-sim/xs/room.test.ts holds it against the engine.
	 */
	readonly atRest: Memory;
	/** What settings of this cloud switch on takes beside that. */
	beside?(settings: Settings): readonly Memory[];
	/** What a channel more than the default four takes, beside its part of each record, with usual names. */
	readonly channel: Memory;
	/** What of a channel stands in each of its values. */
	names(channel: Channel): string;
	make(settings: Settings, build: Build): Cloud;
}
