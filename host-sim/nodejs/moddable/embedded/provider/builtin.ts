// Ecma-419's host provider: the circuit's IO classes and the board's pins.

import { ADC, TONES } from "../../../../../drivers/esp32.js";
import { Machine } from "../../../machine.js";

const device = {
	get io() {
		const { Analog, Digital, I2C, PWM } = Machine.current().io;
		return { Analog, Digital, I2C, PWM };
	},
	get pin() {
		return Machine.current().options.pins;
	},
	adc: ADC,
	tones: TONES,
};

export default device;
