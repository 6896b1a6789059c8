// The SDK's handshake messages.

import type Session from "sdk/session";
import type { Protocol } from "sdk/session";
import type Stream from "ssl/stream";

declare const handshake: {
	/** Reads one whole message, acts on it and hashes it. */
	unpacketize(session: Session, stream: Stream): void;
	readonly certificate: Protocol;
};
export default handshake;
