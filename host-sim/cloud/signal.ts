// Lets callers await a condition over state that changes by events, without polling.

interface Waiter {
	condition: () => boolean;
	resolve: () => void;
	reject: (error: Error) => void;
	timer: NodeJS.Timeout | undefined;
}

export class Signal {
	private readonly waiters = new Set<Waiter>();

	/** To be called after every change: resumes those whose condition now holds. */
	changed(): void {
		for (const waiter of [...this.waiters]) {
			if (!waiter.condition()) continue;
			this.forget(waiter);
			waiter.resolve();
		}
	}

	/** Resolves as soon as the condition holds; with a timeout, rejects with `message` when it passes. */
	until(condition: () => boolean, timeout?: number, message = "waited too long"): Promise<void> {
		if (condition()) return Promise.resolve();
		return new Promise((resolve, reject) => {
			const waiter: Waiter = { condition, resolve, reject, timer: undefined };
			this.waiters.add(waiter);
			if (timeout === undefined) return;
			waiter.timer = setTimeout(() => {
				this.forget(waiter);
				reject(new Error(message));
			}, timeout);
		});
	}

	/** Ends the waits that have a timeout; the others simply never resolve. */
	close(reason: string): void {
		for (const waiter of [...this.waiters]) {
			this.forget(waiter);
			if (waiter.timer) waiter.reject(new Error(reason));
		}
	}

	private forget(waiter: Waiter): void {
		clearTimeout(waiter.timer);
		this.waiters.delete(waiter);
	}
}
