// Frees an I²C bus on which a device holds the data line low, because it was cut off in the middle of a byte:
// up to nine clock pulses let it shift out the rest, and a STOP sets every device back (NXP UM10204, 3.1.16).

import type { DigitalClass, DigitalPort, Pin } from "../modules/core/io.js";
import { closeQuietly } from "./release.js";

/** Who holds the pins of a bus, and lets go of them for as long as it is freed. */
export interface I2cMember {
	release(): void;
	open(): void;
}

/** What the sensors on a bus have in common. */
export interface I2cBus {
	readonly io: DigitalClass;
	/** Those on the bus, if there may be several. */
	readonly sensors?: I2cMember[];
}

/** A byte and its acknowledgement. */
const PULSES = 9;

/**
 * Both pins have to be free. Returns whether the data line is high then; throws what the IO throws, with both
 * pins free.
 */
export function freeBus(io: DigitalClass, data: Pin, clock: Pin): boolean {
	const made: DigitalPort[] = [];
	const open = (pin: Pin, mode: number): DigitalPort => {
		const port = new io({ pin, mode });
		made.push(port);
		return port;
	};
	try {
		const scl = open(clock, io.OutputOpenDrain);
		scl.write(1);
		const watched = open(data, io.InputPullUp);
		let free = watched.read() === 1;
		for (let i = 0; i < PULSES && !free; i++) {
			scl.write(0);
			scl.write(1);
			free = watched.read() === 1;
		}
		watched.close();
		made.length = 1;
		scl.write(0);
		const sda = open(data, io.OutputOpenDrain);
		sda.write(0);
		scl.write(1);
		sda.write(1); // rises while the clock is high: a STOP
		return free;
	} finally {
		for (const port of made) closeQuietly(port);
	}
}
