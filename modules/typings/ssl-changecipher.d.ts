// The SDK's ChangeCipherSpec.

import type Session from "sdk/session";

declare const changeCipherSpec: { unpacketize(session: Session, fragment: Uint8Array): void };
export default changeCipherSpec;
