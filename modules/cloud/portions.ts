// Which channels of a sample go where, as settings say it: parts of the device that have a name of their own
// in the cloud each have a list of channels; the device has the others. A target is 0 for the device, 1 for
// the first part, and so on.
//
// A board reads this where its settings are held against its memory, deep on the stack: hence plain loops.

import type { Channel, Sample } from "../core/channels.js";
import type { TemplatePart } from "../outbox/record-template.js";
import type { RecordWriter } from "../outbox/record-writer.js";
import type { Portion } from "./cloud.js";
import { listed } from "./text.js";

/** A part of the device, as far as channels are concerned. */
export interface Owner {
	/** Keys of channels, with commas between. */
	readonly channels: string;
}
export type Owners = Readonly<Record<string, Owner>>;

/** What turns samples of some channels into bytes. */
export interface Encoder {
	template(): TemplatePart[];
	encode(record: RecordWriter, values: Sample): number;
}

/** The channels of a target, and what turns them into bytes. */
export class EncodedPortion implements Portion {
	readonly route: number;
	readonly places: readonly number[];
	private readonly encoder: Encoder;

	constructor(target: number, places: readonly number[], encoder: Encoder) {
		this.route = target;
		this.places = places;
		this.encoder = encoder;
	}
	template(): TemplatePart[] {
		return this.encoder.template();
	}
	encode(record: RecordWriter, values: Sample): number {
		return this.encoder.encode(record, values);
	}
}

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

/** Lists that name no channel, or one that another has; `group` is that of the settings. */
export function ownerMistakes(group: string, owners: Owners, channels: readonly Channel[]): string[] {
	const mistakes: string[] = [];
	const taken: string[] = [];
	for (const name of Object.keys(owners))
		for (const key of listed((owners[name] as Owner).channels)) {
			const where = `${group}.${name}.channels`;
			if (!channels.some((channel) => channel.key === key))
				mistakes.push(`${where}: there is no channel ${key}, or it is off`);
			else if (taken.includes(key)) mistakes.push(`${where}: ${key} stands twice`);
			taken.push(key);
		}
	return mistakes;
}
