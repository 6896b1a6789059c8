// Moddable's `flash`: the partition stays with the parent, so that it outlives the machine.

import { Out } from "host-sim/xs/frames";

export default class Flash {
	readonly byteLength: number;
	readonly blockSize: number;

	constructor(partition: string) {
		if (partition !== "mote") throw new Error("can't find partition");
		this.byteLength = host.ask(Out.FlashBytes) as number;
		this.blockSize = host.ask(Out.FlashSector) as number;
	}
	erase(sector: number): void {
		host.send(Out.FlashErase, sector);
	}
	read(offset: number, byteLength: number): ArrayBuffer {
		return host.ask(Out.FlashRead, offset, byteLength) as ArrayBuffer;
	}
	declare write: (offset: number, byteLength: number, buffer: Uint8Array) => void;
}
Flash.prototype.write = host.flash;
