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
/** The same of a meter's. */
const PULSE_BOUNCES = 5;
/** Pause between looks at a meter, ms: a pulse each time, but for those that come very fast or seldom. */
const SHORTEST_MS = 5;
const LONGEST_MS = 500;
/** A contact stays closed for half of the time, at most for so long, ms, up to so many pulses a second. */
const CLOSED_MS = 12;
const CONTACT_HZ = 80;

/** A wire that a pull-up holds at 1, and a contact that draws it to 0. */
class Wire {
	onEdge: ((rising: boolean) => void) | undefined;
	level = 1;
	readonly #world: PinWorld;
	/** Levels that are still to come, each with the time for which it stands, ms. */
	#coming: Array<readonly [level: number, ms: number]> = [];
	#stop: (() => void) | undefined;

	constructor(world: PinWorld) {
		this.#world = world;
	}

	/** Goes through these levels; the last one stays. */
	move(...levels: ReadonlyArray<readonly [level: number, ms: number]>): void {
		this.#coming = [...levels];
		this.#next();
	}

	/** Nobody looks any more. */
	rest(): void {
		this.onEdge = undefined;
		this.#coming = [];
		this.#next();
	}

	#next(): void {
		this.#stop?.();
		this.#stop = undefined;
		const next = this.#coming.shift();
		if (!next) return;
		const [level, ms] = next;
		if (level !== this.level) {
			this.level = level;
			this.onEdge?.(level === 1);
		}
		if (this.#coming.length > 0) this.#stop = this.#world.every(ms, () => this.#next());
	}
}

/** So many changes of the level, a millisecond apart; the first one is to `level`. */
function changes(level: number, count: number): Array<readonly [level: number, ms: number]> {
	return Array.from({ length: count }, (_, i) => [i % 2 === 0 ? level : 1 - level, BOUNCE_MS] as const);
}

/** A contact to ground: closed is 0. */
class Contact implements PinPart {
	readonly id: string;
	readonly name: string;
	readonly pin: number;
	readonly controls: readonly Control[];
	readonly #wire: Wire;
	readonly #bounces = toggle("bounces", "Contact bounces", true);

	constructor(pin: number, world: PinWorld) {
		this.id = `input-${pin}`;
		this.name = `Contact on GPIO ${pin}`;
		this.pin = pin;
		const wire = new Wire(world);
		this.#wire = wire;
		const bounces = this.#bounces;
		this.controls = [
			{
				id: "closed",
				name: "Closed",
				kind: "switch",
				get value() {
					return wire.level === 0;
				},
				set value(closed: boolean) {
					const level = closed ? 0 : 1;
					wire.move(...(level === wire.level ? [] : changes(level, bounces.value ? BOUNCES : 1)));
				},
			},
			bounces,
		];
	}

	get reading(): string {
		return this.#wire.level === 0 ? "closed" : "open";
	}
	level(): number {
		return this.#wire.level;
	}
	get onEdge(): ((rising: boolean) => void) | undefined {
		return this.#wire.onEdge;
	}
	set onEdge(onEdge: ((rising: boolean) => void) | undefined) {
		this.#wire.onEdge = onEdge;
	}
	close(): void {
		this.#wire.rest();
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
	readonly #wire: Wire;
	readonly #world: PinWorld;
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
		this.#wire = new Wire(world);
	}

	get reading(): string {
		return this.#stuck.value ? "stuck" : `${this.#rate.value} Hz, ${this.total} so far`;
	}
	level(): number {
		return this.#wire.level;
	}
	/** It runs while somebody counts. */
	get onEdge(): ((rising: boolean) => void) | undefined {
		return this.#wire.onEdge;
	}
	set onEdge(onEdge: ((rising: boolean) => void) | undefined) {
		this.#wire.onEdge = onEdge;
		if (onEdge) this.#keepTime();
		else this.close();
	}
	close(): void {
		this.#stop?.();
		this.#stop = undefined;
		this.#tickMs = 0;
		this.#wire.rest();
		this.#wire.level = 1;
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
			this.onEdge?.(false);
			this.onEdge?.(true);
		}
	}

	#close(): void {
		const held = Math.min(CLOSED_MS, Math.floor(500 / this.#rate.value));
		const count = this.#bounces.value ? PULSE_BOUNCES : 1;
		this.#wire.move(...changes(0, count), [0, held], ...changes(1, count));
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
