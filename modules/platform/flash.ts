// A data partition of the board's flash. Here is the one place that knows Moddable's `flash`.

import Partition from "flash";
import type { Flash } from "../core/flash.js";

/** Name in drivers/boards/partitions.csv. */
const NAME = "mote";

class PartitionFlash implements Flash {
	readonly sectorBytes: number;
	readonly sectors: number;
	private readonly partition: Partition;

	constructor(partition: Partition) {
		this.partition = partition;
		this.sectorBytes = partition.blockSize;
		this.sectors = Math.floor(partition.byteLength / partition.blockSize);
	}

	erase(sector: number): void {
		this.partition.erase(sector);
	}
	read(at: number, into: Uint8Array, length: number): void {
		into.set(new Uint8Array(this.partition.read(at, length) as ArrayBuffer));
	}
	write(at: number, bytes: Uint8Array, length: number): void {
		this.partition.write(at, length, bytes);
	}
}

/** The partition `mote`; undefined where the board has none. */
export function openFlash(): Flash | undefined {
	try {
		return new PartitionFlash(new Partition(NAME));
	} catch {
		return undefined; // the node says so, and counts it
	}
}
