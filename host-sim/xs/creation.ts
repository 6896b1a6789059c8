// The memory of a machine: the board's, less what the SDK's TLS will want of it.

import { type BoardName, boardManifest, type Creation } from "../boards.js";

/** Slots of 16 bytes on ESP32. */
export const SLOT_BYTES = 16;

/**
 * What TLS takes from the machine, kept free here because Node's TLS lives outside of it: by `npm run proof:tls`, on an emulated
 * ESP32-C3, what XS's heap has grown to at the largest handshake there (keys of 4096 bits, 166 authorities, records of 512 bytes)
 * beyond the same node without TLS.
 */
export const TLS_RESERVE = Object.freeze({ slots: 512, chunkBytes: 12_484 });

/** Of examples/manifest_base.json. */
const KEYS = { initial: 32, incremental: 32, names: 53, symbols: 3 };

/** The `creation` of a board's manifest. */
export const boardCreation = (board: BoardName): Creation => boardManifest(board).creation;

/** Without what TLS needs. */
export function withoutReserve(creation: Creation): Creation {
	const { slots, chunkBytes } = TLS_RESERVE;
	if (creation.static > 0) return { ...creation, static: creation.static - slots * SLOT_BYTES - chunkBytes };
	return {
		...creation,
		chunk: { ...creation.chunk, initial: creation.chunk.initial - chunkBytes },
		heap: { ...creation.heap, initial: creation.heap.initial - slots },
	};
}

/** Arguments of mote-xs. With 64 bit, slots and pointers are twice as large: so is a block that both share. */
export function creationArguments(creation: Creation, bits: 32 | 64): string[] {
	const { chunk, heap, stack, keys = KEYS } = creation;
	const wide = bits === 64 ? 2 : 1;
	return [
		["--chunk", `${chunk.initial * wide},${chunk.incremental * wide}`],
		["--slots", `${heap.initial},${heap.incremental}`],
		["--stack", `${stack}`],
		["--keys", `${keys.initial},${keys.incremental}`],
		["--names", `${KEYS.names},${KEYS.symbols}`],
		["--static", `${creation.static * wide}`],
	].flat();
}
