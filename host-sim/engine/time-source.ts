// The parent owns the machine's clock: the real one, or one that moves only when told to.

export interface TimeSource {
	/** Milliseconds that never go back. */
	now(): number;
	/** What has to be added to `now` for the time of day, ms since 1970. */
	epoch(): number;
	/** Calls once at a time; returns what cancels it. */
	at(time: number, call: () => void): () => void;
	every(ms: number, call: () => void): () => void;
}

export class RealTime implements TimeSource {
	now(): number {
		return performance.now();
	}
	epoch(): number {
		return Date.now() - performance.now();
	}
	at(time: number, call: () => void): () => void {
		// Node cannot wait longer than 2^31 - 1 ms and would fire at once; the machine is asked anew then.
		const timer = setTimeout(call, Math.min(Math.max(0, time - performance.now()), 0x7fffffff));
		return () => clearTimeout(timer);
	}
	every(ms: number, call: () => void): () => void {
		const timer = setInterval(call, ms);
		return () => clearInterval(timer);
	}
}

interface Waiting {
	readonly time: number;
	readonly call: () => void;
}

/** Time for proofs: moves in `advance` only. */
export class VirtualTime implements TimeSource {
	#now = 0;
	readonly #epoch: number;
	#waiting: Waiting[] = [];

	constructor(epoch: number) {
		this.#epoch = epoch;
	}

	now(): number {
		return this.#now;
	}
	epoch(): number {
		return this.#epoch;
	}
	at(time: number, call: () => void): () => void {
		const entry = { time, call };
		this.#waiting.push(entry);
		return () => {
			this.#waiting = this.#waiting.filter((one) => one !== entry);
		};
	}
	every(ms: number, call: () => void): () => void {
		let stopped = false;
		let cancel = () => {};
		const arm = () => {
			cancel = this.at(this.#now + ms, () => {
				call();
				if (!stopped) arm();
			});
		};
		arm();
		return () => {
			stopped = true;
			cancel();
		};
	}

	/** Moves to what waits next, at most to `limit`, and calls it. False if nothing was due until then. */
	step(limit: number): boolean {
		let next: Waiting | undefined;
		for (const entry of this.#waiting) if (!next || entry.time < next.time) next = entry;
		if (!next || next.time > limit) {
			this.#now = Math.max(this.#now, limit);
			return false;
		}
		this.#waiting = this.#waiting.filter((one) => one !== next);
		this.#now = Math.max(this.#now, next.time);
		next.call();
		return true;
	}
}
