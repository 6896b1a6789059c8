// A TCP class whose callbacks cannot throw. The SDK's TLS reports a refused certificate or a broken handshake
// by throwing inside the callback of its TCP socket, where nothing catches it: the whole machine would abort.

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

export type ContainedOptions = Options & {
	/** Hears the message of what was thrown, once, and nothing follows. */
	failed(message: string): void;
};

export class ContainedTcp extends TCP implements Contained {
	declare readable: number;
	#broken = false;
	readonly #options: ContainedOptions;
	#timer: Timer | undefined;

	constructor(options: ContainedOptions) {
		const { onReadable, onWritable, onError } = options;
		// Each with its own try: a function to share it would be garbage at every event.
		super({
			...options,
			onReadable(bytes: number) {
				try {
					const self = this as ContainedTcp;
					if (!self.#broken) onReadable?.call(this, bytes);
				} catch (error) {
					(this as ContainedTcp).fail(error);
				}
			},
			onWritable(bytes: number) {
				try {
					const self = this as ContainedTcp;
					if (!self.#broken) onWritable?.call(this, bytes);
				} catch (error) {
					(this as ContainedTcp).fail(error);
				}
			},
			onError() {
				try {
					const self = this as ContainedTcp;
					if (!self.#broken) onError?.call(this);
				} catch (error) {
					(this as ContainedTcp).fail(error);
				}
			},
		});
		this.#options = options;
	}

	fail(error: unknown): void {
		if (this.#broken) return;
		this.#broken = true;
		this.#options.failed(error instanceof Error ? error.message : String(error));
	}

	again(before: () => void): void {
		this.#timer ??= Timer.set(() => {
			this.#timer = undefined;
			try {
				before();
				if (!this.#broken && this.readable > 0) this.#options.onReadable?.call(this, this.readable);
			} catch (error) {
				this.fail(error);
			}
		});
	}

	override close(): void {
		if (this.#timer !== undefined) Timer.clear(this.#timer);
		this.#timer = undefined;
		super.close();
	}
}
