// Ecma-419's host provider of this board: the IO classes of the SDK, what they can do, and the pins by name.

import Analog from "embedded:io/analog";
import Digital from "embedded:io/digital";
import I2C from "embedded:io/i2c";
import PWM from "embedded:io/pwm";
import { PINS } from "drivers/boards/esp32/pins";
import { ADC, TONES } from "drivers/esp32";

const device = Object.freeze({
	io: Object.freeze({ Analog, Digital, I2C, PWM }),
	pin: PINS,
	adc: ADC,
	tones: TONES,
});

export default device;
