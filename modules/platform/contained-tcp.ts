// A TCP class whose callbacks cannot throw. The SDK's TLS reports a refused certificate or a broken handshake by
// throwing inside the callback of its TCP socket, where nothing catches it: the whole machine would abort.

import TCP, { type Options } from "embedded:io/socket/tcp";
import Timer from "timer";

/** What the session of TLS finds at its socket. */
export interface Contained {
	/** Ends the connection with an error that was met outside of the socket's callbacks. */
	fail(error: unknown): void;
	/** Calls `before` and then tells anew what can be read, from a callback of its own. */
	again(before: () => void): void;
	/** Bytes that can be read now, as the TLS socket keeps it. */
	readable: number;
}

/** Gives a TCP class for one connection; `failed` hears the message of what was thrown, once, and nothing follows. */
export function containedTcp(failed: (message: string) => void): typeof TCP {
	let broken = false;
	let timer: Timer | undefined;
	let readableCallback: Options["onReadable"];
	const caught = (error: unknown) => {
		if (broken) return;
		broken = true;
		failed(error instanceof Error ? error.message : String(error));
	};
	return class ContainedTcp extends TCP implements Contained {
		declare readable: number;

		constructor(options: Options) {
			const { onReadable, onWritable, onError } = options;
			readableCallback = onReadable;
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

		fail(error: unknown): void {
			caught(error);
		}

		again(before: () => void): void {
			timer ??= Timer.set(() => {
				timer = undefined;
				try {
					before();
					if (!broken && this.readable > 0) readableCallback?.call(this, this.readable);
				} catch (error) {
					caught(error);
				}
			});
		}

		override close(): void {
			if (timer !== undefined) Timer.clear(timer);
			timer = undefined;
			super.close();
		}
	};
}
