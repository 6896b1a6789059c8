// The memory of a machine: the board's, less what the SDK's TLS will want of it.

import { type BoardName, boardManifest, type Creation } from "../boards.js";

/** Slots of 16 bytes on ESP32. */
export const SLOT_BYTES = 16;

/**
 * What the SDK's TLS takes from the machine, kept free here because Node's TLS lives outside of it. Measured on XS 17.7
 * of SDK 8.2.3, built for 32 bit, with mutual TLS (ECDHE-RSA-AES128-GCM, RSA 2048): 350 to 402 slots and 7960 to
 * 11696 bytes of chunks at the peak of the handshake, depending on the server's chain; 272 slots and 2868 bytes stay
 * for as long as the connection lives. The reserve is the largest peak and two fifths more: what is missing to bounds
 * costs collections, some 20 to 40 in a handshake.
 */
export const TLS_RESERVE = Object.freeze({ slots: 600, chunkBytes: 16_384 });

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
