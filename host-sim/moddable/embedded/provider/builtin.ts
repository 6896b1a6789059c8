// Ecma-419's host provider: the circuit's IO classes and the board's pins.

import { Machine } from "../../../node/machine.js";

const device = {
	get io() {
		const { Analog, Digital, I2C, PWM } = Machine.current().io;
		return { Analog, Digital, I2C, PWM };
	},
	get pin() {
		return Machine.current().options.pins;
	},
};

export default device;
