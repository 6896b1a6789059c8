// A sensor on the bus that a board's table asks for: its place differs from the surroundings by what a person
// sets, and it can be pulled.

import { Bme280Device } from "./bme280.js";
import type { I2cBus, I2cDevice } from "./i2c-bus.js";
import { type Place, Sht3xDevice, Tmp102Device, Tmp117Device } from "./i2c-parts.js";
import { type Control, type PartPlace, type SimulatedPart, slider } from "./part.js";

const DEVICES: Readonly<Record<string, new (place: Place) => I2cDevice>> = Object.freeze({
	TMP117: Tmp117Device,
	TMP102: Tmp102Device,
	SHT3x: Sht3xDevice,
	BME280: Bme280Device,
});
const HUMID = Object.freeze(["SHT3x", "BME280"]);

class BusPart implements SimulatedPart {
	readonly id: string;
	readonly name: string;
	readonly controls: readonly Control[];
	readonly #place: Place;

	constructor(part: string, address: number, around: Place, bus: I2cBus) {
		const hex = address.toString(16);
		this.id = `${part.toLowerCase()}-${hex}`;
		this.name = `${part} at 0x${hex}`;
		const warmer = slider("warmer", "Warmer than around it", [-40, 40, 0.5], "°C", 0);
		const humidity = slider("humidity", "Humidity", [0, 100, 1], "%", around.humidity());
		const pressure = slider("pressure", "Air pressure", [300, 1100, 1], "hPa", around.pascal() / 100);
		const pulled: Control = {
			id: "pulled",
			name: "Pulled",
			kind: "switch",
			get value() {
				return bus.pulled.has(address);
			},
			set value(on: boolean) {
				bus.pull(address, on);
			},
		};
		this.controls = [
			warmer,
			...(HUMID.includes(part) ? [humidity] : []),
			...(part === "BME280" ? [pressure] : []),
			pulled,
		];
		this.#place = {
			celsius: () => around.celsius() + warmer.value,
			humidity: () => humidity.value,
			pascal: () => pressure.value * 100,
			now: () => around.now(),
		};
		const Device = DEVICES[part] as new (place: Place) => I2cDevice;
		bus.plug(address, new Device(this.#place));
	}

	get reading(): string {
		return `${this.#place.celsius().toFixed(2)} °C`;
	}
}

/** Plugs a part into the bus; undefined for one that nobody can simulate. */
export function busPart({ part, address }: PartPlace, around: Place, bus: I2cBus): SimulatedPart | undefined {
	return address !== undefined && Object.hasOwn(DEVICES, part)
		? new BusPart(part, address, around, bus)
		: undefined;
}
