// Ecma-419's host provider: the circuit's IO classes and the board's pins.

import { Machine } from "../../../node/machine.js";

const device = {
	get io() {
		const { Analog, Digital, PWM } = Machine.current().io;
		return { Analog, Digital, PWM };
	},
	get pin() {
		return Machine.current().options.pins;
	},
};

export default device;
