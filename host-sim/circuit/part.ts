// A part of the circuit that a board's table of channels asks for, with what a person can set on it.

/** What a table says of a part: its name, and where it hangs. */
export interface PartPlace {
	/** As the table's sources call it: "SHT3x", "BME280", "TMP117", "TMP102", "input", "pulses", "voltage". */
	readonly part: string;
	/** On the I²C bus. */
	readonly address?: number;
	readonly pin?: number;
	/** What of a voltage arrives at the pin, 0 to 1. */
	readonly ratio?: number;
}

/** What can be set on a part. */
export type ControlShape = { readonly id: string; readonly name: string } & (
	| {
			readonly kind: "slider";
			readonly min: number;
			readonly max: number;
			readonly step: number;
			readonly unit: string;
	  }
	| { readonly kind: "switch" }
);
/** The same, and what it is set to. */
export type Control = ControlShape & ({ kind: "slider"; value: number } | { kind: "switch"; value: boolean });

export interface SimulatedPart {
	/** Unique on the board: "bme280-76", "input-4". */
	readonly id: string;
	/** For people: "BME280 at 0x76", "input on GPIO 4". */
	readonly name: string;
	readonly controls: readonly Control[];
	/** What it feels or shows now, in words. */
	readonly reading: string;
}

/** What the rest of the circuit does with a part on a pin. */
export interface PinPart extends SimulatedPart {
	readonly pin: number;
	/** Level of a digital pin, 0 or 1. */
	level?(): number;
	/** Voltage at the pin, V. */
	volts?(): number;
	/** Told of each edge at the pin: true: it rises. */
	onEdge?: ((rising: boolean) => void) | undefined;
	close(): void;
}

export function slider(
	id: string,
	name: string,
	[min, max, step]: readonly [number, number, number],
	unit: string,
	value: number,
): Control & { kind: "slider" } {
	return { id, name, kind: "slider", min, max, step, unit, value };
}

export function toggle(id: string, name: string, value = false): Control & { kind: "switch" } {
	return { id, name, kind: "switch", value };
}
