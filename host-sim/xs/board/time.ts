// Moddable's `time`: milliseconds in 32 bits that wrap.

const Time = Object.freeze({
	get ticks(): number {
		return host.now() | 0;
	},
	/** The parent owns the time. */
	set(_seconds: number): void {},
	delta(start: number, end = host.now() | 0): number {
		return (end - start) | 0;
	},
});

export default Time;
