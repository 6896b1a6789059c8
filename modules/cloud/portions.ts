// Which channels of a sample go where, as settings say it: parts of the device that have a name of their own
// in the cloud each have a list of channels; the device has the others. A target is 0 for the device, 1 for
// the first part, and so on.
//
// A board reads this where its settings are held against its memory, deep on the stack: hence plain loops.

import type { Channel } from "../core/channels.js";
import { listed } from "./text.js";

/** A part of the device, as far as channels are concerned. */
export interface Owner {
	/** Keys of channels, with commas between. */
	readonly channels: string;
}
export type Owners = Readonly<Record<string, Owner>>;

/** The target of each channel, by its place in a sample. */
export function targetsOf(owners: Owners, channels: readonly Channel[]): number[] {
	const lists = Object.values(owners);
	const targets: number[] = [];
	for (let place = 0; place < channels.length; place++) {
		targets.push(0);
		for (let i = 0; i < lists.length; i++)
			if (has(lists[i] as Owner, (channels[place] as Channel).key)) targets[place] = i + 1;
	}
	return targets;
}

function has({ channels }: Owner, key: string): boolean {
	return listed(channels).includes(key);
}

/** The channels, in order, that have this target, as their places. */
export function placesOf(targets: readonly number[], target: number): number[] {
	const places: number[] = [];
	for (let place = 0; place < targets.length; place++) if (targets[place] === target) places.push(place);
	return places;
}

/** The channels in these places of a sample. */
export function channelsAt(channels: readonly Channel[], places: readonly number[]): Channel[] {
	return places.map((place) => channels[place] as Channel);
}

/**
 * Lists that name no channel, or one that another has; `group` is that of the settings. And a ring of `measures`
 * records that has no room for two samples: each would push parts of itself out.
 */
export function ownerMistakes(
	group: string,
	owners: Owners,
	channels: readonly Channel[],
	measures = Number.POSITIVE_INFINITY,
): string[] {
	const mistakes: string[] = [];
	const taken: string[] = [];
	let records = 0;
	for (const [name, owner] of Object.entries(owners)) {
		if (owner.channels !== "") records++;
		for (const key of listed(owner.channels)) {
			const where = `${group}.${name}.channels`;
			if (!channels.some((channel) => channel.key === key))
				mistakes.push(`${where}: there is no channel ${key}, or it is off`);
			else if (taken.includes(key)) mistakes.push(`${where}: ${key} stands twice`);
			taken.push(key);
		}
	}
	if (taken.length < channels.length) records++;
	if (records > 1 && measures < 2 * records)
		mistakes.push(`outbox.measures: must be at least ${2 * records}, because a sample is ${records} records`);
	return mistakes;
}
