// Ecma-419's host provider: the circuit's IO classes, the board's pins and channels.

import { ADC, TONES } from "../../../../../drivers/esp32.js";
import { DEFAULT_TABLE } from "../../../../../modules/core/default-channels.js";
import { Machine } from "../../../machine.js";

const device = {
	get io() {
		const { Analog, Digital, I2C, PWM } = Machine.current().io;
		return { Analog, Digital, I2C, PWM };
	},
	get pin() {
		return Machine.current().options.pins;
	},
	get channels() {
		return Machine.current().options.channels ?? DEFAULT_TABLE;
	},
	adc: ADC,
	tones: TONES,
};

export default device;
