// Moddable's `timer`, with its rules: a one-shot timer is gone once its callback returns, unless it was
// scheduled anew or has a repeat interval.

import { Machine, type Resource } from "../machine.js";

class Timer implements Resource {
	readonly #machine = Machine.current();
	readonly #callback: (timer: Timer) => void;
	#repeat = 0;
	#handle: NodeJS.Timeout | undefined;

	private constructor(callback: (timer: Timer) => void) {
		this.#callback = callback;
		this.#machine.hold(this);
	}

	static set(callback: (timer: Timer) => void, interval = 0, repeat = 0): Timer {
		const timer = new Timer(callback);
		timer.#arm(interval, repeat);
		return timer;
	}
	static repeat(callback: (timer: Timer) => void, interval: number): Timer {
		return Timer.set(callback, interval, interval);
	}
	static schedule(timer: Timer, interval?: number, repeat = 0): void {
		if (interval === undefined) timer.#park();
		else timer.#arm(interval, repeat);
	}
	static clear(timer: Timer | undefined | null): void {
		timer?.destroy();
	}

	destroy(): void {
		clearTimeout(this.#handle);
		this.#handle = undefined;
		this.#machine.release(this);
	}

	#park(): void {
		clearTimeout(this.#handle);
		this.#handle = undefined;
		this.#repeat = Number.POSITIVE_INFINITY;
	}

	#arm(interval: number, repeat: number): void {
		clearTimeout(this.#handle);
		this.#repeat = repeat;
		// Node cannot wait longer than 2^31 - 1 ms and would fire at once.
		const ms = Math.min(interval, 0x7fffffff);
		this.#handle = setTimeout(() => this.#machine.enter(() => this.#fire()), ms);
	}

	#fire(): void {
		const fired = this.#handle;
		const repeat = this.#repeat;
		this.#callback(this);
		if (this.#handle !== fired) return; // scheduled anew, parked or cleared meanwhile
		if (repeat > 0) this.#arm(repeat, repeat);
		else this.destroy();
	}
}

export default Timer;
