// The PWM hardware (LEDC) of an ESP32 as the SDK gives it out (modules/io/pwm/esp32/_pwm.c): so many
// channels, four timers that PWMs of the same frequency and resolution share, and what a timer's divider
// reaches.

const CLOCK_HZ = 80_000_000;
const MAX_DIVIDER = 1024;
const TIMERS = 4;
/** Of a timer, unless something else is asked for. */
export const PWM_BITS = 10;
const MAX_BITS = 13;

/** Throws what the SDK throws for what no timer can do. */
export function checkLedc(hz: unknown, bits: unknown): void {
	if (!(typeof hz === "number" && hz >= 1)) throw new RangeError("invalid hz");
	if (!(typeof bits === "number" && Number.isInteger(bits) && bits >= 1 && bits <= MAX_BITS))
		throw new RangeError("invalid resolution");
	const divider = CLOCK_HZ / (Math.floor(hz) * 2 ** bits);
	if (divider < 1 || divider >= MAX_DIVIDER) throw new RangeError("configure ledc timer failed");
}

interface Timer {
	readonly hz: number;
	readonly bits: number;
	uses: number;
}

export class Ledc {
	readonly #timers: Timer[] = [];
	#channels: number;

	/** `channels`: those that the SDK has to give; 4 unless a board's manifest says otherwise. */
	constructor(channels = 4) {
		this.#channels = channels;
	}

	/** Takes a channel and a timer; returns what gives them back. */
	take(hz: number, bits: number): () => void {
		checkLedc(hz, bits);
		if (this.#channels === 0) throw new Error("can't configure");
		const timers = this.#timers;
		let timer = timers.find((other) => other.hz === Math.floor(hz) && other.bits === bits);
		if (timer === undefined) {
			if (timers.length === TIMERS) throw new RangeError("no timer");
			timer = { hz: Math.floor(hz), bits, uses: 0 };
			timers.push(timer);
		}
		const taken = timer;
		taken.uses++;
		this.#channels--;
		return () => {
			this.#channels++;
			if (--taken.uses === 0) timers.splice(timers.indexOf(taken), 1);
		};
	}
}
