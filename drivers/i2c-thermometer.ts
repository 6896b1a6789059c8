// Temperature by a sensor on I²C. It may be missing when the board starts, be pulled and come back, or block
// the bus: all of that is a fault that lasts as long as it lasts, never an exception, and costs a bounded
// time.

import type { Alarm, Clock, Timers } from "../modules/core/clock.js";
import type { DigitalClass, I2CClass, I2CPort, Pin } from "../modules/core/io.js";
import { freeBus } from "./i2c-bus.js";
import type { Part, PartFault, Protocol } from "./i2c-parts.js";
import { orRelease } from "./release.js";

export interface I2cThermometerOptions {
	readonly sensor: {
		readonly io: I2CClass;
		readonly data: Pin;
		readonly clock: Pin;
		/** 7 bits; the part's usual one unless given. */
		readonly address?: number;
	};
	readonly part: Part;
	/** To free a blocked bus; without it that is not tried. */
	readonly bus?: { readonly io: DigitalClass };
	readonly clock: Clock;
	readonly timers: Timers;
}

/** What is wrong: nobody acknowledges, or one of the part's own faults. */
export type I2cFault = PartFault | "silent" | "implausible";

/** Longest wait for one transfer, ms: a blocked bus holds up a sample for six of them at most. */
const TIMEOUT_MS = 20;
const TRIES = 2;

export class I2cThermometer {
	private readonly options: I2cThermometerOptions;
	private readonly protocol: Protocol;
	private readonly settled: Alarm;
	private port: I2CPort | undefined;
	private closed = false;
	/** Next step of the start; -1 once the sensor measures, -2 while nothing is under way. */
	private step = -2;
	private lastFault: I2cFault = "not ready";
	/** In a row. */
	private failures = 0;
	private celsius = Number.NaN;
	/** When that was fetched; monotonic ms. */
	private at = Number.NEGATIVE_INFINITY;

	/** Throws for bad options and pins; a sensor that does not answer is a fault. */
	constructor(options: I2cThermometerOptions) {
		const { sensor, part, timers } = options;
		const { address = part.address } = sensor;
		if (!(Number.isInteger(address) && address >= 0x08 && address <= 0x77))
			throw new RangeError("thermometer: an I²C address is 8 to 119");
		this.options = options;
		this.protocol = new part.protocol();
		this.settled = timers.create(this);
		orRelease(this, () => {
			this.open();
			this.start(0);
		});
	}

	/** Temperature in °C, or NaN; then `fault` says why. */
	read(): number {
		if (this.closed) throw new Error("thermometer: closed");
		if (this.step === -2) this.start(0);
		if (this.step !== -1) return Number.NaN;
		const { clock, part } = this.options;
		const now = clock.monotonic();
		if (now - this.at < part.periodMs) return this.celsius;
		for (let i = 0; i < TRIES; i++) {
			const celsius = this.fetch();
			if (!Number.isNaN(celsius)) {
				this.failures = 0;
				this.lastFault = "";
				this.celsius = celsius;
				this.at = now;
				return celsius;
			}
			if (this.lastFault !== "silent") break;
		}
		if (this.lastFault === "not ready") return Number.NaN;
		// One lost value is none; and SHT3x does not acknowledge a fetch that comes before its next one.
		if (this.lastFault !== "implausible" && now - this.at < 2 * part.periodMs) {
			this.lastFault = "";
			return this.celsius;
		}
		this.failed(this.lastFault);
		return Number.NaN;
	}

	/** The fault of the last `read`. */
	get fault(): I2cFault {
		return this.lastFault;
	}

	/** Ecma-419: a fresh object; without `temperature` when the sensor is faulty. */
	sample(): { temperature?: number } {
		const temperature = this.read();
		return Number.isNaN(temperature) ? {} : { temperature };
	}

	configure(_options: object): void {
		if (this.closed) throw new Error("thermometer: closed");
	}

	close(): void {
		if (this.closed) return;
		this.closed = true;
		this.settled.close();
		const port = this.port;
		this.port = undefined;
		port?.close();
	}

	private fetch(): number {
		try {
			const { part } = this.options;
			const celsius = this.protocol.fetch(this.port as I2CPort);
			if (Number.isNaN(celsius)) this.lastFault = this.protocol.fault;
			else if (celsius >= part.minimumC && celsius <= part.maximumC) return celsius;
			else this.lastFault = "implausible";
		} catch {
			this.lastFault = "silent";
		}
		return Number.NaN;
	}

	private open(): void {
		const { sensor, part } = this.options;
		const { io, data, clock, address = part.address } = sensor;
		this.port = new io({ data, clock, address, hz: part.hz, timeout: TIMEOUT_MS });
	}

	/** Sends a step of the start; the next one follows by the timer. */
	/** The part has settled. */
	due(): void {
		this.start(this.step);
	}

	private start(step: number): void {
		const port = this.port;
		let next = -1;
		try {
			if (port) next = this.protocol.start(port, step);
		} catch {
			this.failed("silent");
			return;
		}
		if (!port) this.failed("silent");
		else if (next < 0) this.failed(this.protocol.fault);
		else if (next === 0) this.step = -1;
		else {
			this.step = step + 1;
			this.settled.start(this.options.part.settleMs);
		}
	}

	/** The sensor is started anew with the next `read`; now and then the bus is freed before. */
	private failed(fault: I2cFault): void {
		this.lastFault = fault;
		this.step = -2;
		const failures = ++this.failures;
		if (fault === "silent" && (failures % 64 === 0 || (failures >= 4 && (failures & (failures - 1)) === 0)))
			this.reopen();
	}

	private reopen(): void {
		const { bus, sensor } = this.options;
		const port = this.port;
		this.port = undefined;
		try {
			port?.close();
			if (bus) freeBus(bus.io, sensor.data, sensor.clock);
			this.open();
		} catch {
			// Pins that another owner has taken meanwhile: it stays silent, and the next time comes.
		}
	}
}
