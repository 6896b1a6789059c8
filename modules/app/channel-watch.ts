// Alarms of a channel, with hysteresis: above a limit, below one, and a sensor that gives nothing. An alarm
// is told when it begins and when it ends; what could not be told, for want of room, is told with a later
// reading. With the first reading of a boot everything is told anew, because an alarm of the boot before may
// stand in the cloud.

import { type Channel, NO_LIMIT } from "../core/channels.js";

/** Bits of the alarms. */
export const ChannelAlarm = Object.freeze({ High: 1, Low: 2, Sensor: 4 } as const);

/** Readings in a row without a value that make a fault. */
const MISSING = 3;

export class ChannelWatch {
	readonly channel: Channel;
	/** Its place in a sample. */
	readonly place: number;
	/** Alarms that are watched for, that are on, that were told as on, of which the cloud knows. */
	private readonly watched: number;
	private on = 0;
	private toldAlarms = 0;
	private known = 0;
	private missing = 0;

	/** A watch for each channel that has alarms; undefined if none has. */
	static of(channels: readonly Channel[]): readonly ChannelWatch[] | undefined {
		const watches: ChannelWatch[] = [];
		for (const [place, channel] of channels.entries()) {
			const watched = alarmsOf(channel);
			if (watched !== 0) watches.push(new ChannelWatch(channel, place, watched));
		}
		return watches.length > 0 ? watches : undefined;
	}

	constructor(channel: Channel, place: number, watched: number) {
		this.channel = channel;
		this.place = place;
		this.watched = watched;
	}

	/** Takes a value, or NaN; returns the alarms that are to be told. */
	update(value: number): number {
		const { High, Low, Sensor } = ChannelAlarm;
		if (Number.isNaN(value)) {
			// Of what has no value nothing else is known: its other alarms stay as they are.
			if (++this.missing < MISSING) return 0;
			this.on |= Sensor;
			return this.pending() & Sensor;
		}
		this.missing = 0;
		const { high, low, hysteresis } = this.channel;
		let on = this.on & ~Sensor;
		if (value > high) on |= High;
		else if (value <= high - hysteresis) on &= ~High;
		if (value < low) on |= Low;
		else if (value >= low + hysteresis) on &= ~Low;
		this.on = on;
		return this.pending();
	}

	isOn(alarm: number): boolean {
		return (this.on & alarm) !== 0;
	}

	/** The cloud has taken an alarm as it is now. */
	told(alarm: number): void {
		this.known |= alarm;
		this.toldAlarms = (this.toldAlarms & ~alarm) | (this.on & alarm);
	}

	private pending(): number {
		return this.watched & (~this.known | (this.on ^ this.toldAlarms));
	}
}

/** The alarms that a channel is watched for. */
export function alarmsOf({ high, low, missing }: Channel): number {
	return (
		(high < NO_LIMIT ? ChannelAlarm.High : 0) |
		(low > -NO_LIMIT ? ChannelAlarm.Low : 0) |
		(missing ? ChannelAlarm.Sensor : 0)
	);
}
