// Moddable's `flash`: the partition that the machine has, which outlives a reset.

import { Machine } from "../machine.js";

export default class Flash {
	readonly #flash = Machine.current().flash;

	constructor(partition: string) {
		if (partition !== "mote") throw new Error("can't find partition");
	}
	get byteLength(): number {
		return this.#flash.content.length;
	}
	get blockSize(): number {
		return this.#flash.sectorBytes;
	}
	erase(sector: number): void {
		this.#flash.erase(sector);
	}
	read(offset: number, byteLength: number): ArrayBuffer {
		const bytes = new Uint8Array(byteLength);
		this.#flash.read(offset, bytes, byteLength);
		return bytes.buffer;
	}
	write(offset: number, byteLength: number, buffer: Uint8Array): void {
		this.#flash.write(offset, buffer, byteLength);
	}
}
