// The SDK's reader of bytes.

export default class Stream {
	constructor(bytes: Uint8Array);
}
