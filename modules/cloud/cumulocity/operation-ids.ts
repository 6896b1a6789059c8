// The ids of operations in progress, where the cloud tells them (devicecontrol/notifications). Each operation
// then comes twice: as a row, which has no id, and as JSON, which has. Either may be first, and either may be
// lost. A row waits a moment for its id, so that its answers go by it (504 to 506) and to no other operation.

import { CAPACITY } from "./operations-limits.js";

/** How long a row waits for the id of its operation, ms. */
export const PAIR_MS = 1000;
/** The bits of operations that came as JSON stand above those that came as rows. */
const AS_JSON = CAPACITY;

export class OperationIds {
	/** JSON has come in this connection, so that rows can wait for it. */
	heard = false;
	/** By place; 0: not known. */
	private readonly ids = new Float64Array(CAPACITY);
	/** By place: until when the row waits, monotonic ms; 0: it does not. */
	private readonly waits = new Float64Array(CAPACITY);
	/** A bit for each place and form in which its operation has come. */
	private seen = 0;

	of(place: number): number {
		return this.ids[place] as number;
	}

	/** A new operation, in the form that has this id or none. */
	begin(place: number, id: number, now: number): void {
		this.seen &= ~(0x11 << place);
		this.seen |= 1 << (id > 0 ? AS_JSON + place : place);
		this.ids[place] = id;
		this.waits[place] = id === 0 && this.heard ? now + PAIR_MS : 0;
	}

	/** Whether what came with this id, or with none, may be the operation in this place. */
	isSame(place: number, id: number): boolean {
		const own = this.of(place);
		return id === 0 || own === 0 || own === id;
	}

	/** Whether the operation in this place has come in its other form only so far; it has both now. */
	pairs(place: number, id: number): boolean {
		const bit = 1 << (id > 0 ? AS_JSON + place : place);
		if ((this.seen & bit) !== 0) return false;
		this.seen |= bit;
		if (id > 0) this.ids[place] = id;
		return true;
	}

	/** Whether both forms have come. */
	isPaired(place: number): boolean {
		const both = (1 << place) | (1 << (AS_JSON + place));
		return (this.seen & both) === both;
	}

	isWaiting(place: number): boolean {
		return (this.waits[place] as number) > 0;
	}
	/** Whether it need not wait any longer, because it has its id or because it is late. */
	isReady(place: number, now: number): boolean {
		const until = this.waits[place] as number;
		return until > 0 && (this.of(place) > 0 || now >= until);
	}
	/** It waits no longer. */
	go(place: number): void {
		this.waits[place] = 0;
	}
	forget(place: number): void {
		this.ids[place] = this.waits[place] = 0;
	}
}
