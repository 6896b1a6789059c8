// CRC-32 as in Ethernet and zlib (polynomial 0xEDB88320, reflected), by a table in flash.

const TABLE = new Uint32Array(256);
for (let i = 0; i < 256; i++) {
	let c = i;
	for (let bit = 0; bit < 8; bit++) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1;
	TABLE[i] = c;
}

/** Of [start, end). */
export function crc32(bytes: Uint8Array, start: number, end: number): number {
	let c = -1;
	for (let i = start; i < end; i++) c = (c >>> 8) ^ (TABLE[(c ^ (bytes[i] as number)) & 255] as number);
	return ~c >>> 0;
}
