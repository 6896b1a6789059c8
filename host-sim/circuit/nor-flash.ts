// NOR flash as on the board: a write only clears bits, an erase sets a whole sector to 0xFF. It outlives the
// machine.

/** What the machine's power cut is to flash: thrown out of the operation that it hits. */
export class PowerCut extends Error {
	override name = "PowerCut";
}

export class NorFlash {
	readonly sectorBytes: number;
	readonly sectors: number;
	readonly content: Uint8Array<ArrayBuffer>;
	/** Erases of each sector. */
	readonly wear: Uint32Array;
	bytesWritten = 0;
	/**
	 * Steps until the power is cut: one for each byte written, and ERASE_STEPS for an erase. Infinity: not at
	 * all. What the step that is cut leaves is half a byte, or half an erased sector.
	 */
	stepsLeft = Number.POSITIVE_INFINITY;
	/** Steps so far. */
	steps = 0;

	static readonly ERASE_STEPS = 8;

	constructor(
		sectors: number,
		sectorBytes = 4096,
		content = new Uint8Array(sectors * sectorBytes).fill(255),
	) {
		if (content.length !== sectors * sectorBytes) throw new RangeError("flash: content has another size");
		this.sectors = sectors;
		this.sectorBytes = sectorBytes;
		this.content = content;
		this.wear = new Uint32Array(sectors);
	}

	erase(sector: number): void {
		if (!(sector >= 0 && sector < this.sectors)) throw new RangeError("flash: sector");
		this.wear[sector] = (this.wear[sector] as number) + 1;
		const from = sector * this.sectorBytes;
		const part = this.sectorBytes / NorFlash.ERASE_STEPS;
		// From the middle outwards, so that a cut may leave a header on a sector that is half gone.
		for (let i = 0; i < NorFlash.ERASE_STEPS; i++) {
			const at = from + ((i * 5 + 3) % NorFlash.ERASE_STEPS) * part;
			this.#step(() => {
				for (let p = at; p < at + part; p += 3) this.content[p] = 255;
			});
			this.content.fill(255, at, at + part);
		}
	}

	read(at: number, into: Uint8Array, length: number): void {
		this.#check(at, length);
		into.set(this.content.subarray(at, at + length), 0);
	}

	write(at: number, bytes: Uint8Array, length: number): void {
		this.#check(at, length);
		if (at % 4 !== 0 || length % 4 !== 0) throw new RangeError("flash: not aligned");
		for (let i = 0; i < length; i++) {
			const byte = bytes[i] as number;
			const before = this.content[at + i] as number;
			this.#step(() => {
				this.content[at + i] = before & (byte | 0xa5);
			});
			this.content[at + i] = before & byte;
			this.bytesWritten++;
		}
	}

	#step(half: () => void): void {
		if (this.stepsLeft <= 0) {
			half();
			throw new PowerCut("power cut while flash was written");
		}
		this.stepsLeft--;
		this.steps++;
	}

	#check(at: number, length: number): void {
		if (!(at >= 0 && length >= 0 && at + length <= this.content.length))
			throw new RangeError("flash: outside");
	}
}

/** What the boards' partition `mote` has: drivers/boards/partitions.csv. */
export function newFlash(): NorFlash {
	return new NorFlash(32);
}
