// Runs on XS: the rules of Ecma-419 over the drivers and, as `config.io` says, the circuit's IO classes or
// those that host-sim has for this engine.

import Analog from "embedded:io/analog";
import Digital from "embedded:io/digital";
import I2C from "embedded:io/i2c";
import PWM from "embedded:io/pwm";
import { Hardware } from "host-sim/xs/board/hardware";
import config from "mc/config";
import { VirtualTime } from "../../../support/virtual-time.js";
import { bench } from "../bench.js";
import { type Bench, type IO, tryAll } from "../rules.js";

/** Frame to the parent: what was tried, the rule, the violation. */
const TRIED = 100;

/** A board after a reset: no pin has an owner. */
function boardBench(): Bench {
	host.attach(new Hardware());
	return { io: { Analog, Digital, I2C, PWM } as unknown as IO, time: new VirtualTime({ start: 1000 }) };
}

export default function start(): void {
	const onBoard = (config as { io?: string }).io === "board";
	tryAll(onBoard ? boardBench : bench, (name, rule, violation) => host.send(TRIED, name, rule, violation));
}
