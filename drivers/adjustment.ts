// What channels make of their sensors' values: scale, offset, and a range outside of which a value is none.

import { type Channel, isAdjusted, NO_LIMIT, type Sample } from "../modules/core/channels.js";

export class Adjustment {
	/** Those that change something, and their places in a sample. */
	private readonly channels: Channel[] = [];
	private readonly places: number[] = [];

	/** Undefined where every channel has what its sensor gives. */
	static of(channels: readonly Channel[]): Adjustment | undefined {
		return channels.some(isAdjusted) ? new Adjustment(channels) : undefined;
	}

	constructor(channels: readonly Channel[]) {
		for (const [place, channel] of channels.entries()) {
			if (!isAdjusted(channel)) continue;
			this.channels.push(channel);
			this.places.push(place);
		}
	}

	apply(values: Sample): void {
		const { channels, places } = this;
		for (let i = 0; i < places.length; i++) {
			const place = places[i] as number;
			const { scale, offset, minimum, maximum } = channels[i] as Channel;
			const value = (values[place] as number) * scale + offset;
			const below = minimum > -NO_LIMIT && value < minimum;
			const above = maximum < NO_LIMIT && value > maximum;
			values[place] = below || above ? Number.NaN : value;
		}
	}
}
