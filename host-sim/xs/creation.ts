// The memory of a machine: the board's, less what the SDK's TLS will want of it.

import { type Machine, TLS_RESERVE } from "../../modules/app/room.js";
import { type BoardName, boardManifest, type Creation } from "../engine/boards.js";

export { TLS_RESERVE };

/** Slots of 16 bytes on ESP32. */
export const SLOT_BYTES = 16;

/** Of examples/manifest_base.json. */
const KEYS = { initial: 32, incremental: 32, names: 53, symbols: 3 };

/** The `creation` of a board's manifest. */
export const boardCreation = (board: BoardName): Creation => boardManifest(board).creation;

/** The same as the firmware knows it: `config.machine` of the board's manifest. */
export function machineOf({ static: block, chunk, heap, stack }: Creation): Machine {
	return { static: block, chunk: chunk.initial, heap: heap.initial, stack };
}

/** Without what TLS needs: kept free here, because Node's TLS lives outside of the machine. */
export function withoutReserve(creation: Creation): Creation {
	const { slots, chunkBytes } = TLS_RESERVE;
	if (creation.static > 0) return { ...creation, static: creation.static - slots * SLOT_BYTES - chunkBytes };
	return {
		...creation,
		chunk: { ...creation.chunk, initial: creation.chunk.initial - chunkBytes },
		heap: { ...creation.heap, initial: creation.heap.initial - slots },
	};
}

/** With so many bytes more of chunks: certificates and keys lie there, which on a chip stay in flash. */
export function withMore(creation: Creation, bytes: number): Creation {
	if (creation.static > 0) return { ...creation, static: creation.static + bytes };
	return { ...creation, chunk: { ...creation.chunk, initial: creation.chunk.initial + bytes } };
}

/**
 * Arguments of mote-xs. With 64 bit, slots and pointers are twice as large: so is a block that both share.
 */
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
