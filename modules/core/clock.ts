// Time and chance, as the pure modules see them. Everything that decides something receives these, so that
// a year can be simulated and any run repeated.

/** Contract: `monotonic` never goes back, never wraps, never fails, and starts anywhere. */
export interface Clock {
	/** Milliseconds since an arbitrary moment of this boot. */
	monotonic(): number;
	/**
	 * The time of day of a moment of `monotonic`: milliseconds since 1970-01-01T00:00:00Z, or -1 until the wall
	 * clock has been set in this boot.
	 */
	wallAt(monotonicMs: number): number;
}

/**
 * One re-armable timer. Starting it again replaces the earlier deadline; starting and stopping allocate
 * nothing.
 */
export interface Alarm {
	/** Calls back once, `ms` (0 or more) from now, never inside this call. */
	start(ms: number): void;
	stop(): void;
	close(): void;
}

export interface Timers {
	create(callback: () => void): Alarm;
}

/** A number in [0, 1). */
export type Random = () => number;
