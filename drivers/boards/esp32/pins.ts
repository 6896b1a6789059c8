// Pins of an ESP32 DevKitC (WROOM-32): ADC1 for the thermistor, because ADC2 is not usable beside Wi-Fi; no
// strapping pin drives anything but the LED that many boards have on GPIO 2.

export const PINS = Object.freeze({
	/** ADC1 channel 6, input only. */
	temperature: 34,
	led: 2,
	buzzer: 25,
	motor: 26,
	tachometer: 27,
	/** I²C. */
	data: 21,
	clock: 22,
} as const);
