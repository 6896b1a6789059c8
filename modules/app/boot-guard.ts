// Notices a node that does not live long, and has it start without what may be the cause: after UNLASTING
// boots in a row that did not last LASTING_MS comes a boot in safe mode, which keeps network and commands but
// no drivers. A restart that was asked for is no failure. Safe mode ends by itself after SAFE_MS, with a boot
// in which everything is tried again.

import type { Store } from "../core/store.js";

/** Boots in a row that did not last, in the store. */
const KEY = "boots-failed";
/** The boot ended in order, in the store. */
const ORDERED_KEY = "boot-ordered";
const UNLASTING = 4;
const LASTING_MS = 60_000;
const SAFE_MS = 3_600_000;

export class BootGuard {
	/** Whether this boot is to be one in safe mode. */
	readonly safe: boolean;
	/** Boots in a row before this one that did not last. */
	readonly failed: number;
	/** Whether the boot before this one ended in order. */
	readonly ordered: boolean;
	private readonly store: Store;
	private readonly since: number;
	private settled = false;

	/** To be made as early as a boot can: what fails before it is not noticed. `now`: monotonic ms. */
	constructor(store: Store, now: number) {
		const failed = store.get(KEY);
		this.failed = typeof failed === "number" && failed > 0 ? failed : 0;
		this.safe = this.failed >= UNLASTING;
		this.ordered = store.get(ORDERED_KEY) !== undefined;
		if (this.ordered) store.delete(ORDERED_KEY);
		this.store = store;
		this.since = now;
		if (!this.safe) store.set(KEY, this.failed + 1);
	}

	/** To be called now and then; true once safe mode has lasted long enough: the node is to restart. */
	tick(now: number): boolean {
		const age = now - this.since;
		if (this.safe) return age >= SAFE_MS;
		if (age >= LASTING_MS) this.settle();
		return false;
	}

	/** The node ends in order. */
	ending(): void {
		this.store.set(ORDERED_KEY, 1);
		// One more failure, and it is safe mode again.
		if (this.safe) this.store.set(KEY, UNLASTING - 1);
		else this.settle();
	}

	private settle(): void {
		if (this.settled) return;
		this.settled = true;
		this.store.delete(KEY);
	}
}
