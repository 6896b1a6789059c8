// Answers that come late, twice or not at all, for tests of devices that wait for them.

/** May be changed while running. */
export interface AnswerFaults {
	/** How long each answer takes, ms. */
	delay?: number;
	/** How many answers get lost from now on; counted down. */
	lose?: number;
	/** Send each answer twice. */
	twice?: boolean;
}

export class Answers {
	private readonly timers = new Set<NodeJS.Timeout>();

	/** Sends an answer as the faults have it. */
	send(faults: AnswerFaults, answer: () => void): void {
		if ((faults.lose ?? 0) > 0) {
			faults.lose = (faults.lose ?? 0) - 1;
			return;
		}
		const all = (): void => {
			answer();
			if (faults.twice) answer();
		};
		if (!faults.delay) return all();
		const timer = setTimeout(() => {
			this.timers.delete(timer);
			all();
		}, faults.delay);
		this.timers.add(timer);
	}

	close(): void {
		for (const timer of this.timers) clearTimeout(timer);
		this.timers.clear();
	}
}
