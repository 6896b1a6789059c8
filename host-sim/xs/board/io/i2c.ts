// Ecma-419's I2C over the parent's circuit. A read travels as numbers of six bytes, so that it takes no memory.

import { Hardware } from "host-sim/xs/board/hardware";
import { Out } from "host-sim/xs/frames";
import type { I2COptions } from "../../../../modules/core/io.js";

const MAX_HZ = 20_000_000;
/** Bytes that fit into a number. */
const MAX_READ = 6;

export default class I2C {
	readonly #address: number;
	readonly #data: number;
	readonly #clock: number;
	#open = false;

	constructor({ data, clock, hz, address }: I2COptions) {
		if (!(isPin(data) && isPin(clock) && data !== clock)) throw new RangeError("invalid pin");
		if (!(hz > 0 && hz <= MAX_HZ)) throw new RangeError("invalid hz");
		if (!(Number.isInteger(address) && address >= 0 && address <= 127))
			throw new RangeError("invalid address");
		this.#address = address;
		this.#data = data;
		this.#clock = clock;
		Hardware.current().openI2c(data, clock, address);
		this.#open = true;
	}
	read(buffer: Uint8Array): number {
		if (!this.#open) throw new Error("closed");
		const { length } = buffer;
		let rest = host.ask(Out.I2cRead, this.#address, length) as number;
		if (rest < 0) throw new Error("read failed");
		for (let at = 0; at < length; at += MAX_READ) {
			if (at > 0) rest = host.ask(Out.I2cMore, at) as number;
			for (let i = Math.min(length, at + MAX_READ) - 1; i >= at; i--) {
				buffer[i] = rest % 256;
				rest = Math.floor(rest / 256);
			}
		}
		return length;
	}
	write(buffer: Uint8Array): void {
		if (!this.#open) throw new Error("closed");
		if (host.ask(Out.I2cWrite, this.#address, buffer) !== true) throw new Error("write failed");
	}
	close(): void {
		if (!this.#open) return;
		this.#open = false;
		Hardware.current().closeI2c(this.#data, this.#clock, this.#address);
	}
}

function isPin(pin: unknown): boolean {
	return typeof pin === "number" && Number.isInteger(pin) && pin >= 0 && pin <= 48;
}
