// Moddable's `time`: milliseconds in 32 bits that wrap.

const Time = {
	/** The parent owns the time. */
	set(_seconds: number): void {},
	delta(start: number, end = host.ticks()): number {
		return (end - start) | 0;
	},
};

Object.defineProperty(Time, "ticks", { get: host.ticks });
Object.freeze(Time);

export default Time;
