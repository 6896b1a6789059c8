// What hangs on a pin by itself: a contact that bounces, a meter that gives pulses, a voltage behind a
// divider.

import { type Control, type PartPlace, type PinPart, slider, toggle } from "./part.js";

/** Of the circuit's surroundings, as far as a pin needs them. */
export interface PinWorld {
	every(ms: number, tick: () => void): () => void;
}

const BOUNCE_MS = 1;
/** Changes of the level before a contact that bounces comes to rest; odd, so that it ends where it should. */
const BOUNCES = 7;
/** Pause between looks at a meter, ms: a pulse each time, but for those that come very fast or seldom. */
const SHORTEST_MS = 5;
const LONGEST_MS = 500;
/** A contact stays closed for half of the time, at most for so long, ms, up to so many pulses a second. */
const CLOSED_MS = 12;
const CONTACT_HZ = 80;

/** A contact to ground, with a pull-up: closed is 0. */
class Contact implements PinPart {
	readonly id: string;
	readonly name: string;
	readonly pin: number;
	onEdge: ((rising: boolean) => void) | undefined;
	readonly controls: readonly Control[];
	readonly #world: PinWorld;
	readonly #bounces = toggle("bounces", "Contact bounces", true);
	#level = 1;
	#stop: (() => void) | undefined;

	constructor(pin: number, world: PinWorld) {
		this.id = `input-${pin}`;
		this.name = `Contact on GPIO ${pin}`;
		this.pin = pin;
		this.#world = world;
		const close = (closed: boolean) => this.#move(closed ? 0 : 1);
		const level = () => this.#level;
		this.controls = [
			{
				id: "closed",
				name: "Closed",
				kind: "switch",
				get value() {
					return level() === 0;
				},
				set value(closed: boolean) {
					close(closed);
				},
			},
			this.#bounces,
		];
	}

	get reading(): string {
		return this.#level === 0 ? "closed" : "open";
	}
	level(): number {
		return this.#level;
	}
	close(): void {
		this.#stop?.();
		this.#stop = undefined;
		this.onEdge = undefined;
	}

	#move(level: number): void {
		this.#stop?.();
		this.#stop = undefined;
		if (level === this.#level) return;
		this.#set(level);
		if (!this.#bounces.value) return;
		let left = BOUNCES - 1;
		this.#stop = this.#world.every(BOUNCE_MS, () => {
			this.#set(1 - this.#level);
			if (--left > 0) return;
			this.#stop?.();
			this.#stop = undefined;
		});
	}
	#set(level: number): void {
		this.#level = level;
		this.onEdge?.(level === 1);
	}
}

/** A meter whose contact gives pulses: it closes to ground for a moment, and bounces. */
class Pulses implements PinPart {
	readonly id: string;
	readonly name: string;
	readonly pin: number;
	readonly controls: readonly Control[];
	readonly #rate = slider("hz", "Pulses", [0, 200, 0.5], "Hz", 2);
	readonly #stuck = toggle("stuck", "Stuck");
	readonly #bounces = toggle("bounces", "Contact bounces");
	#level = 1;
	/** Levels that are still to come, each with the time for which it stands, ms. */
	#coming: Array<readonly [level: number, ms: number]> = [];
	#stopMoving: (() => void) | undefined;
	readonly #world: PinWorld;
	#onEdge: ((rising: boolean) => void) | undefined;
	#phase = 0;
	#stop: (() => void) | undefined;
	#tickMs = 0;
	/** Pulses so far. */
	total = 0;

	constructor(pin: number, world: PinWorld) {
		this.id = `pulses-${pin}`;
		this.name = `Pulses on GPIO ${pin}`;
		this.pin = pin;
		this.controls = [this.#rate, this.#stuck, this.#bounces];
		this.#world = world;
	}

	get reading(): string {
		return this.#stuck.value ? "stuck" : `${this.#rate.value} Hz, ${this.total} so far`;
	}
	level(): number {
		return this.#level;
	}
	/** It runs while somebody counts. */
	get onEdge(): ((rising: boolean) => void) | undefined {
		return this.#onEdge;
	}
	set onEdge(onEdge: ((rising: boolean) => void) | undefined) {
		this.#onEdge = onEdge;
		if (onEdge) this.#keepTime();
		else this.close();
	}
	close(): void {
		this.#onEdge = undefined;
		this.#stop?.();
		this.#stop = undefined;
		this.#stopMoving?.();
		this.#stopMoving = undefined;
		this.#level = 1;
		this.#tickMs = 0;
	}

	#keepTime(): void {
		const ms = Math.min(LONGEST_MS, Math.max(SHORTEST_MS, 1000 / this.#rate.value));
		if (ms === this.#tickMs) return;
		this.#stop?.();
		this.#tickMs = ms;
		this.#stop = this.#world.every(ms, () => this.#tick());
	}

	#tick(): void {
		if (!this.#stuck.value) this.#count();
		this.#keepTime(); // somebody may have moved the slider
	}

	#count(): void {
		this.#phase += (this.#rate.value * this.#tickMs) / 1000;
		if (this.#phase < 1) return;
		// What a contact can do, it does; faster ones are told as edges alone.
		if (this.#rate.value <= CONTACT_HZ) {
			this.#phase -= Math.floor(this.#phase); // the slider was moved
			this.total++;
			this.#close();
			return;
		}
		for (; this.#phase >= 1; this.#phase--) {
			this.total++;
			this.#onEdge?.(false);
			this.#onEdge?.(true);
		}
	}

	#close(): void {
		const held = Math.min(CLOSED_MS, Math.floor(500 / this.#rate.value));
		const bounces = (level: number) =>
			this.#bounces.value ? [1 - level, level, 1 - level].map((to) => [to, BOUNCE_MS] as const) : [];
		this.#coming = [[0, BOUNCE_MS], ...bounces(0), [0, held], [1, BOUNCE_MS], ...bounces(1), [1, 0]];
		this.#move();
	}
	#move(): void {
		this.#stopMoving?.();
		this.#stopMoving = undefined;
		const next = this.#coming.shift();
		if (!next) return;
		const [level, ms] = next;
		this.#set(level);
		if (this.#coming.length > 0) this.#stopMoving = this.#world.every(ms, () => this.#move());
	}
	#set(level: number): void {
		if (level === this.#level) return;
		this.#level = level;
		this.#onEdge?.(level === 1);
	}
}

class Voltage implements PinPart {
	readonly id: string;
	readonly name: string;
	readonly pin: number;
	readonly controls: readonly Control[];
	readonly #volts: Control & { kind: "slider" };
	readonly #loose = toggle("loose", "Wire loose");
	readonly #ratio: number;

	constructor(pin: number, ratio: number) {
		this.id = `voltage-${pin}`;
		this.name = `Voltage on GPIO ${pin}`;
		this.pin = pin;
		this.#ratio = ratio;
		const most = Math.ceil(2.6 / ratio);
		this.#volts = slider("volts", "Voltage", [0, most, 0.05], "V", Math.min(3.9, most * 0.75));
		this.controls = [this.#volts, this.#loose];
	}

	get reading(): string {
		return this.#loose.value ? "wire loose" : `${this.#volts.value.toFixed(2)} V`;
	}
	volts(): number {
		return this.#loose.value ? 0 : this.#volts.value * this.#ratio;
	}
	close(): void {}
}

/** The part at a pin; undefined for one that nobody can simulate. */
export function pinPart({ part, pin, ratio = 1 }: PartPlace, world: PinWorld): PinPart | undefined {
	if (pin === undefined) return undefined;
	if (part === "input") return new Contact(pin, world);
	if (part === "pulses") return new Pulses(pin, world);
	return part === "voltage" ? new Voltage(pin, ratio) : undefined;
}
