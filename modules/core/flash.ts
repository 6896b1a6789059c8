// A region of NOR flash, as the journal needs it.

/**
 * Contract: synchronous. A write only clears bits, so a sector is erased (to 0xFF) before it is written
 * again. A power cut leaves of a write any beginning, and of an erase anything at all. Errors are thrown.
 */
export interface Flash {
	/** Bytes that are erased together, a multiple of 4. */
	readonly sectorBytes: number;
	readonly sectors: number;
	erase(sector: number): void;
	/** Reads into [0, length) of `into`. */
	read(at: number, into: Uint8Array, length: number): void;
	/** Writes [0, length) of `bytes`; both numbers are multiples of 4. */
	write(at: number, bytes: Uint8Array, length: number): void;
}
