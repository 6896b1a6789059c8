// Gives a parser the next bytes of its stream, and tells its handler all that they bring: as the session
// does.

import type { Parser } from "../../modules/mqtt/parser.js";

export function push(parser: Parser, chunk: Uint8Array): void {
	parser.feed(chunk, 0, chunk.length);
	while (parser.next()) parser.tell();
}
