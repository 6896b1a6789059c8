// `flash` for Moddable's desktop simulators, which have none: the partition is a file.

import { File } from "file";
import config from "mc/config";

const SECTOR = 4096;
const SECTORS = 32;

export default class Flash {
	readonly byteLength = SECTOR * SECTORS;
	readonly blockSize = SECTOR;
	readonly #file: File;

	constructor(partition: string) {
		if (partition !== "mote") throw new Error("can't find partition");
		const path = `${config.file.root}mote-flash.bin`;
		const whole = File.exists(path) && fileLength(path) === this.byteLength;
		if (!whole) File.delete(path);
		this.#file = new File(path, true);
		if (!whole) for (let sector = 0; sector < SECTORS; sector++) this.erase(sector);
	}
	erase(sector: number): void {
		this.#file.position = sector * SECTOR;
		this.#file.write(new Uint8Array(SECTOR).fill(255).buffer);
	}
	read(offset: number, byteLength: number): ArrayBuffer {
		this.#file.position = offset;
		return this.#file.read(ArrayBuffer, byteLength) as ArrayBuffer;
	}
	write(offset: number, byteLength: number, buffer: Uint8Array): void {
		this.#file.position = offset;
		this.#file.write(buffer.slice(0, byteLength).buffer);
	}
}

function fileLength(path: string): number {
	const file = new File(path);
	try {
		return file.length;
	} finally {
		file.close();
	}
}
