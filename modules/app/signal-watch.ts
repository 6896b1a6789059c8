// The strength of the Wi-Fi signal while a connection stands: the opening tells it first, and from then on it
// is told once an hour, since a connection may stand for months.

const HOUR = 3_600_000;

export interface SignalTeller {
	/** dBm; 0: not known, or no Wi-Fi. */
	readonly signal: number;
	/** Tells the cloud; false: there is no room for it now. */
	signalStrength(dbm: number): boolean;
}

export class SignalWatch {
	/** Monotonic ms of the next time; Infinity while there is no connection. */
	private due = Number.POSITIVE_INFINITY;

	/** The opening of a connection is done. */
	opened(now: number): void {
		this.due = now + HOUR;
	}

	closed(): void {
		this.due = Number.POSITIVE_INFINITY;
	}

	/** To be called now and then. What cannot be told now is told at the next call. */
	tick(now: number, teller: SignalTeller): void {
		if (now < this.due) return;
		const dbm = teller.signal;
		if (dbm === 0 || teller.signalStrength(dbm)) this.due = now + HOUR;
	}
}
