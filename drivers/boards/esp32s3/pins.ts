// Pins of an ESP32-S3-DevKitC-1: ADC1 (GPIO 1 to 10) for the thermistor, because ADC2 is not usable beside
// Wi-Fi. GPIO 0, 3, 45 and 46 are strapping pins, 19 and 20 USB, 26 to 37 flash and PSRAM of some modules:
// they stay free.

export const PINS = Object.freeze({
	/** ADC1 channel 0. */
	temperature: 1,
	led: 5,
	buzzer: 6,
	motor: 7,
	tachometer: 15,
	/** I²C. */
	data: 8,
	clock: 9,
} as const);
