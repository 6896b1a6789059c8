// The simulated board inside Moddable's simulator: the same circuit as host-sim's, on the SDK's timers. What
// a preloaded module imports is preloaded too, so nothing is made before `io` is asked for, once a boot.

import Time from "time";
import Timer from "timer";
import { CHANNELS } from "../../drivers/boards/esp32/channels.js";
import { PINS } from "../../drivers/boards/esp32/pins.js";
import { ADC, TONES } from "../../drivers/esp32.js";
import type { Observer } from "../../modules/app/observer.js";
import type { Channel } from "../../modules/core/channels.js";
import { Circuit } from "../circuit/circuit.js";
import { makeIO } from "../circuit/io.js";
import { partsOf } from "../engine/parts.js";
import { linkCircuit, panelObserver } from "./panel-link.js";

function makeCircuit(): Circuit {
	let last = Time.ticks;
	let total = 0;
	const world = {
		now() {
			const ticks = Time.ticks;
			total += Time.delta(last, ticks);
			last = ticks;
			return total;
		},
		every(ms: number, tick: () => void) {
			const timer = Timer.repeat(tick, ms);
			return () => Timer.clear(timer);
		},
		random: Math.random,
	};
	return new Circuit(PINS, world, undefined, partsOf(CHANNELS));
}

interface WatchedNode {
	readonly channels: readonly Channel[];
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
		node.observer = panelObserver(node.channels);
		(globalThis as Shared).moteNode = node;
	},
	channels: CHANNELS,
	pin: PINS,
	adc: ADC,
	tones: TONES,
});

export default device;
