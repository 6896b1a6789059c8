// Moddable's `time`: milliseconds in 32 bits that wrap.

function ticks(): number {
	return Math.floor(performance.now()) | 0;
}

const Time = {
	get ticks(): number {
		return ticks();
	},
	/** The laptop's clock is its own. */
	set(_seconds: number): void {},
	delta(start: number, end: number = ticks()): number {
		return (end - start) | 0;
	},
};

export default Time;
