// Ecma-419's host provider of this board: the IO classes of the SDK, what they can do, the pins by name, and
// the channels.

import Analog from "embedded:io/analog";
import Digital from "embedded:io/digital";
import I2C from "embedded:io/i2c";
import PWM from "embedded:io/pwm";
import { PINS } from "drivers/boards/esp32c3/pins";
import { CHANNELS } from "drivers/boards/esp32c3-station/channels";
import { ADC, TONES } from "drivers/esp32";

const device = Object.freeze({
	io: Object.freeze({ Analog, Digital, I2C, PWM }),
	pin: PINS,
	adc: ADC,
	tones: TONES,
	channels: CHANNELS,
});

export default device;
