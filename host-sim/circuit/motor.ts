// A geared DC motor with inertia and a slotted disc: speed approaches what duty and load allow, exactly
// integrated.

/** Mechanical time constant, ms. */
const TAU_MS = 250;
const MS_PER_MINUTE = 60_000;

export class MotorModel {
	/** Speed at full duty without load, rpm. */
	readonly maxRpm: number;
	readonly slots: number;
	/** 0 to 1. */
	duty = 0;
	/** Part of the speed that the load takes, 0 to 1. */
	load = 0;
	#rpm = 0;
	#turns = 0;
	#at: number;

	constructor(maxRpm: number, slots: number, now: number) {
		this.maxRpm = maxRpm;
		this.slots = slots;
		this.#at = now;
	}

	get rpm(): number {
		return this.#rpm;
	}

	/** Moves on to `now`; returns the number of slots that passed. */
	advance(now: number): number {
		const dt = Math.max(0, now - this.#at);
		this.#at = now;
		const goal = this.duty * this.maxRpm * (1 - this.load);
		const decay = Math.exp(-dt / TAU_MS);
		const before = Math.floor(this.#turns * this.slots);
		this.#turns += (goal * dt + (this.#rpm - goal) * TAU_MS * (1 - decay)) / MS_PER_MINUTE;
		this.#rpm = goal + (this.#rpm - goal) * decay;
		if (this.#rpm < 0.05 && goal === 0) this.#rpm = 0;
		return Math.floor(this.#turns * this.slots) - before;
	}
}
