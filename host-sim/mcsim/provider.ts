// The simulated board inside Moddable's simulator: the same circuit as host-sim's, on the SDK's timers. What
// a preloaded module imports is preloaded too, so nothing is made before `io` is asked for, once a boot.

import Time from "time";
import Timer from "timer";
import { PINS } from "../../drivers/boards/esp32/pins.js";
import { ADC, TONES } from "../../drivers/esp32.js";
import type { Observer } from "../../modules/app/observer.js";
import { Circuit } from "../circuit/circuit.js";
import { makeIO } from "../circuit/io.js";
import { linkCircuit, panelObserver } from "./panel-link.js";

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

interface WatchedNode {
	observer: Observer | undefined;
	restart(): void;
}

/** What lives as long as the machine: a preloaded module can keep nothing. */
interface Shared {
	/** The panel has cut the network. */
	moteCut?: boolean;
	moteNode?: WatchedNode;
}

const device = Object.freeze({
	get io() {
		const circuit = makeCircuit();
		const shared = globalThis as Shared;
		linkCircuit(
			circuit,
			(there) => {
				shared.moteCut = !there;
			},
			() => shared.moteNode?.restart(),
		);
		const { Analog, Digital, I2C, PWM } = makeIO(circuit);
		return { Analog, Digital, I2C, PWM };
	},
	unguarded: true,
	/** The panel watches the node. */
	started(node: WatchedNode): void {
		node.observer = panelObserver();
		(globalThis as Shared).moteNode = node;
	},
	pin: PINS,
	adc: ADC,
	tones: TONES,
});

export default device;
