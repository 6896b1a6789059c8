// Which channels of a sample go where, as settings say it: parts of the device that have a name of their own
// in the cloud each have a list of channels; the device has the others.

import type { Channel } from "../core/channels.js";
import { listed } from "./text.js";

/** A part of the device, as far as channels are concerned. */
export interface Owner {
	/** Keys of channels, with commas between. */
	readonly channels: string;
}
export type Owners = Readonly<Record<string, Owner>>;

/** Places of the owner's channels in a sample, in order. */
export function placesOf({ channels: list }: Owner, channels: readonly Channel[]): number[] {
	const keys = listed(list);
	const places: number[] = [];
	for (const [place, { key }] of channels.entries()) if (keys.includes(key)) places.push(place);
	return places;
}

/** Places of the channels that nobody of these has. */
export function placesLeft(owners: Owners, channels: readonly Channel[]): number[] {
	const taken = Object.values(owners).flatMap((owner) => placesOf(owner, channels));
	return channels.flatMap((_, place) => (taken.includes(place) ? [] : [place]));
}

/** Lists that name no channel, or one that another has; `group` is that of the settings. */
export function ownerMistakes(group: string, owners: Owners, channels: readonly Channel[]): string[] {
	const mistakes: string[] = [];
	const taken: string[] = [];
	for (const [name, owner] of Object.entries(owners))
		for (const key of listed(owner.channels)) {
			const where = `${group}.${name}.channels`;
			if (!channels.some((channel) => channel.key === key))
				mistakes.push(`${where}: there is no channel ${key}, or it is off`);
			else if (taken.includes(key)) mistakes.push(`${where}: ${key} stands twice`);
			taken.push(key);
		}
	return mistakes;
}
