// The board's I²C bus: devices by address, and what a wire can do to them.

export interface I2cDevice {
	/** A write; false: not acknowledged. */
	written(bytes: Uint8Array): boolean;
	/** Fills in what is read; false: not acknowledged. */
	read(bytes: Uint8Array): boolean;
	/** Its supply comes back. */
	powered(): void;
}

/**
 * "unplugged": nobody acknowledges; "stuck": a device holds the data line low until enough clock pulses have
 * come; "shorted": the data line is low for good; "noisy": one bit of each byte read may be wrong.
 */
export type I2cFault = "" | "unplugged" | "stuck" | "shorted" | "noisy";

/**
 * Clock pulses that a device needs to finish its byte: it was at the first bit, and it holds 0 up to the
 * last.
 */
const PULSES = 8;

export class I2cBus {
	readonly #devices = new Map<number, I2cDevice>();
	readonly #random: () => number;
	#fault: I2cFault = "";
	#pulses = 0;
	#clock = 1;
	/** Addresses whose device hangs on no wire. */
	readonly pulled = new Set<number>();
	/** Transfers that were tried. */
	transfers = 0;

	constructor(random: () => number) {
		this.#random = random;
	}

	plug(address: number, device: I2cDevice): void {
		this.#devices.set(address, device);
	}

	/** Pulls a device off the bus, or plugs it in again. */
	pull(address: number, off: boolean): void {
		if (off) {
			this.pulled.add(address);
			return;
		}
		const was = this.pulled.delete(address);
		if (was) this.#devices.get(address)?.powered();
	}

	get fault(): I2cFault {
		return this.#fault;
	}
	set fault(fault: I2cFault) {
		if (this.#fault === "unplugged" && fault !== "unplugged")
			for (const device of this.#devices.values()) device.powered();
		this.#fault = fault;
		this.#pulses = 0;
	}

	/** Whether the bytes were acknowledged. */
	write(address: number, bytes: Uint8Array): boolean {
		return this.#device(address)?.written(bytes) ?? false;
	}

	/** Whether the address was acknowledged. */
	read(address: number, bytes: Uint8Array): boolean {
		if (!(this.#device(address)?.read(bytes) ?? false)) return false;
		if (this.#fault === "noisy")
			for (let i = 0; i < bytes.length; i++)
				bytes[i] = (bytes[i] as number) ^ (1 << Math.floor(this.#random() * 8));
		return true;
	}

	#device(address: number): I2cDevice | undefined {
		this.transfers++;
		if (this.pulled.has(address)) return undefined;
		return this.#fault === "" || this.#fault === "noisy" ? this.#devices.get(address) : undefined;
	}

	/** The clock line as somebody drives it by hand. */
	clock(level: number): void {
		if (level === 1 && this.#clock === 0 && this.#fault === "stuck" && ++this.#pulses >= PULSES)
			this.#fault = "";
		this.#clock = level;
	}

	/** Level of the data line when nobody else drives it. */
	get data(): number {
		return this.#fault === "stuck" || this.#fault === "shorted" ? 0 : 1;
	}
}
