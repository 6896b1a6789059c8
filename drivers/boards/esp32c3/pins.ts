// Pins of an ESP32-C3-DevKitM-1: ADC1 for the thermistor; GPIO 2, 8 and 9 are strapping pins and stay free.

export const PINS = Object.freeze({
	/** ADC1 channel 3. */
	temperature: 3,
	led: 4,
	buzzer: 5,
	motor: 6,
	tachometer: 7,
	/** I²C. */
	data: 10,
	clock: 1,
} as const);
