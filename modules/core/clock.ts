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
	/** Goes off once, `ms` (0 or more) from now, never inside this call. */
	start(ms: number): void;
	stop(): void;
	close(): void;
}

/** Whose an alarm is. It is named and not a function, which on XS takes nine slots. */
export interface AlarmOwner {
	/** This alarm of its own has gone off. */
	due(alarm: Alarm): void;
}

export interface Timers {
	create(owner: AlarmOwner): Alarm;
}

/** A number in [0, 1). */
export type Random = () => number;
