// A TCP class whose callbacks cannot throw. The SDK's TLS reports a refused certificate or a broken handshake by
// throwing inside the callback of its TCP socket, where nothing catches it: the whole machine would abort.

import TCP, { type Options } from "embedded:io/socket/tcp";

/** Gives a TCP class for one connection; `failed` hears the message of what was thrown, once, and nothing follows. */
export function containedTcp(failed: (message: string) => void): typeof TCP {
	return class ContainedTcp extends TCP {
		constructor(options: Options) {
			const { onReadable, onWritable, onError } = options;
			let broken = false;
			const contain = (call: () => void) => {
				if (broken) return;
				try {
					call();
				} catch (error) {
					broken = true;
					failed(error instanceof Error ? error.message : String(error));
				}
			};
			super({
				...options,
				onReadable(bytes: number) {
					contain(() => onReadable?.call(this, bytes));
				},
				onWritable(bytes: number) {
					contain(() => onWritable?.call(this, bytes));
				},
				onError() {
					contain(() => onError?.call(this));
				},
			});
		}
	};
}
