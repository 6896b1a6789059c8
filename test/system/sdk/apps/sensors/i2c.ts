// The I²C that the SDK's classes find in the simulator: the circuit's, where all of one program share a bus.

import { Circuit } from "host-sim/circuit/circuit";
import { makeIO } from "host-sim/circuit/io";
import Time from "time";
import Timer from "timer";

const PINS = { temperature: 34, led: 2, buzzer: 25, motor: 26, tachometer: 27, data: 21, clock: 22 };

interface Shared {
	sensorsIO?: ReturnType<typeof makeIO>;
}

/** Made when it is first used: a preloaded module can keep nothing. */
function io(): ReturnType<typeof makeIO> {
	const shared = globalThis as Shared;
	shared.sensorsIO ??= makeIO(
		new Circuit(PINS, {
			now: () => Time.ticks,
			every: (ms, tick) => {
				const timer = Timer.repeat(tick, ms);
				return () => Timer.clear(timer);
			},
			random: Math.random,
		}),
	);
	return shared.sensorsIO;
}

export default class I2C {
	constructor(options: ConstructorParameters<ReturnType<typeof makeIO>["I2C"]>[0]) {
		// biome-ignore lint/correctness/noConstructorReturn: the circuit's own is made at run time
		return new (io().I2C)(options) as unknown as I2C;
	}
}
