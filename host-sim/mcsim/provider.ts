// The simulated board inside Moddable's simulator: the same circuit as host-sim's, on the SDK's timers. What a
// preloaded module imports is preloaded too, so nothing is made before `io` is asked for, once a boot.

import Time from "time";
import Timer from "timer";
import { PINS } from "../../drivers/boards/esp32/pins.js";
import { Circuit } from "../circuit/circuit.js";
import { makeIO } from "../circuit/io.js";

function makeCircuit(): Circuit {
	let last = Time.ticks;
	let total = 0;
	return new Circuit(PINS, {
		now() {
			const ticks = Time.ticks;
			total += Time.delta(last, ticks);
			last = ticks;
			return total;
		},
		every(ms, tick) {
			const timer = Timer.repeat(tick, ms);
			return () => Timer.clear(timer);
		},
		random: Math.random,
	});
}

const device = Object.freeze({
	get io() {
		const { Analog, Digital, PWM } = makeIO(makeCircuit());
		return { Analog, Digital, PWM };
	},
	pin: PINS,
});

export default device;
