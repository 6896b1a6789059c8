// Alarms of the temperature, with hysteresis: above a limit, below one, and a sensor that gives nothing. An
// alarm is told when it begins and when it ends; what could not be told, for want of room, is told with a
// later sample. With the first sample of a boot everything is told anew, because an alarm of the boot before
// may stand in the cloud.

import type { Settings } from "./settings.js";

/** Bits of the alarms. */
export const TemperatureAlarm = Object.freeze({ High: 1, Low: 2, Sensor: 4 } as const);

/** Samples in a row without a value that make a fault. */
const MISSING = 3;
/** The limits that mean none. */
const NEVER_HIGH = 300;
const NEVER_LOW = -100;

export class TemperatureWatch {
	private readonly settings: Settings["alarms"];
	/** Alarms that are watched for, that are on, that were told as on, of which the cloud knows. */
	private readonly watched: number;
	private on = 0;
	private toldAlarms = 0;
	private known = 0;
	private missing = 0;

	/** A watch for what the settings ask for; undefined if that is nothing. */
	static of(settings: Settings["alarms"]): TemperatureWatch | undefined {
		const watched =
			(settings.highC < NEVER_HIGH ? TemperatureAlarm.High : 0) |
			(settings.lowC > NEVER_LOW ? TemperatureAlarm.Low : 0) |
			(settings.sensor ? TemperatureAlarm.Sensor : 0);
		return watched === 0 ? undefined : new TemperatureWatch(settings, watched);
	}

	constructor(settings: Settings["alarms"], watched: number) {
		this.settings = settings;
		this.watched = watched;
	}

	/** Takes a value, °C, or NaN; returns the alarms that are to be told. */
	update(celsius: number): number {
		const { High, Low, Sensor } = TemperatureAlarm;
		if (Number.isNaN(celsius)) {
			if (++this.missing < MISSING) return this.pending();
			this.on |= Sensor;
			return this.pending();
		}
		this.missing = 0;
		const { highC, lowC, hysteresisC } = this.settings;
		let on = this.on & ~Sensor;
		if (celsius > highC) on |= High;
		else if (celsius <= highC - hysteresisC) on &= ~High;
		if (celsius < lowC) on |= Low;
		else if (celsius >= lowC + hysteresisC) on &= ~Low;
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
