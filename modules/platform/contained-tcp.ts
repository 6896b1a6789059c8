// A TCP class whose callbacks cannot throw. The SDK's TLS reports a refused certificate or a broken handshake by
// throwing inside the callback of its TCP socket, where nothing catches it: the whole machine would abort.

import TCP, { type Options } from "embedded:io/socket/tcp";

/** Gives a TCP class for one connection; `failed` hears the message of what was thrown, once, and nothing follows. */
export function containedTcp(failed: (message: string) => void): typeof TCP {
	return class ContainedTcp extends TCP {
		constructor(options: Options) {
			const { onReadable, onWritable, onError } = options;
			let broken = false;
			const caught = (error: unknown) => {
				broken = true;
				failed(error instanceof Error ? error.message : String(error));
			};
			// Each with its own try: a function to share it would be garbage at every event.
			super({
				...options,
				onReadable(bytes: number) {
					try {
						if (!broken) onReadable?.call(this, bytes);
					} catch (error) {
						caught(error);
					}
				},
				onWritable(bytes: number) {
					try {
						if (!broken) onWritable?.call(this, bytes);
					} catch (error) {
						caught(error);
					}
				},
				onError() {
					try {
						if (!broken) onError?.call(this);
					} catch (error) {
						caught(error);
					}
				},
			});
		}
	};
}
