// Moddable's `timer` over the host's. A one-shot timer is gone once its callback returns, unless it was scheduled anew
// or has a repeat interval.

import { Board, type Listener } from "host-sim/xs/board/board";

class Timer implements Listener {
	readonly #index: number;
	readonly #callback: (timer: Timer) => void;
	#once = false;

	private constructor(callback: (timer: Timer) => void) {
		this.#callback = callback;
		this.#index = host.timer();
		if (this.#index < 0) throw new Error("no timer is left");
		Board.current().setTimer(this.#index, this);
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
		if (timer) timer.#clear();
	}

	heard(): void {
		const once = this.#once;
		this.#callback(this);
		if (once && this.#once) this.#clear();
	}

	#arm(interval: number, repeat: number): void {
		this.#once = repeat === 0;
		host.arm(this.#index, interval, repeat);
	}
	#park(): void {
		this.#once = false;
		host.stop(this.#index);
	}
	#clear(): void {
		host.forget(this.#index);
		Board.current().setTimer(this.#index, undefined);
	}
}

export default Timer;
