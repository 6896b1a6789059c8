// The memory of a machine on XS in words, beside the board's limits.

import { TLS_RESERVE } from "../../modules/app/room.js";
import type { MemoryStats } from "../engine/engine.js";
import { counted } from "../engine/words.js";

/** Three lines: memory, stack and keys, and what the run has taken. */
export function memoryLines(m: MemoryStats): string[] {
	const slotBytes = m.slots * m.slotBytes;
	// The stack lies in the same block as slots and chunks.
	const shared = m.staticBytes - m.stackLimit * m.slotBytes;
	const memory =
		m.staticBytes > 0
			? `${m.slots} slots and ${m.chunkBytes} bytes of chunks live: ${slotBytes + m.chunkBytes} of ${shared} bytes`
			: `${m.slots} of ${m.slotsLimit} slots, ${m.chunkBytes} of ${m.chunkBytesLimit} bytes of chunks live`;
	return [
		`memory: ${memory} (peak ${m.slotsPeak} slots, ${m.chunkBytesPeak} bytes), ${counted(m.collections, "collection")}`,
		`        stack at most ${m.stackPeak} of ${m.stackLimit} slots, ${m.keys} of ${m.keysLimit} new property names`,
		`        with TLS, ${TLS_RESERVE.slots} slots and ${TLS_RESERVE.chunkBytes} bytes of the board were kept free for the SDK's`,
	];
}
