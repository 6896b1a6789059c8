// Moddable's `timer` over the host's, which calls the callbacks as the SDK does: from its own stack's bottom,
// and a timer without a repeat is gone once its callback returns, even if it was scheduled anew in it, unless
// it was parked.

type Callback = (timer: Timer) => void;

class Timer {
	readonly #index: number;

	private constructor(callback: Callback) {
		this.#index = host.timer(callback, this);
		if (this.#index < 0) throw new Error("no timer is left");
	}

	static set(callback: Callback, interval = 0, repeat = 0): Timer {
		const timer = new Timer(callback);
		host.arm(timer.#index, interval, repeat);
		return timer;
	}
	static repeat(callback: Callback, interval: number): Timer {
		return Timer.set(callback, interval, interval);
	}
	static schedule(timer: Timer, interval?: number, repeat = 0): void {
		if (interval === undefined) host.stop(timer.#index);
		else host.arm(timer.#index, interval, repeat);
	}
	static clear(timer: Timer | undefined | null): void {
		if (timer) host.forget(timer.#index);
	}
}

export default Timer;
