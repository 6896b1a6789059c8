// A store whose failures end nothing: one that is full or broken must not keep a board from starting,
// restarting or answering. Each is counted and told.

import type { Log } from "../core/log.js";
import type { Store } from "../core/store.js";

export class GuardedStore implements Store {
	/** Reads and writes that failed. */
	failures = 0;
	private readonly store: Store;
	private log: Log | undefined;
	/** The first failure that nobody was told of. */
	private first = "";

	constructor(store: Store) {
		this.store = store;
	}

	/** Where each failure is told, without values; also the first one until now. */
	tellTo(log: Log): void {
		this.log = log;
		if (this.first !== "") log.error(this.first);
		this.first = "";
	}

	get(key: string): string | number | undefined {
		try {
			return this.store.get(key);
		} catch (error) {
			this.tell(key, error);
			return undefined;
		}
	}

	set(key: string, value: string | number): void {
		try {
			this.store.set(key, value);
		} catch (error) {
			this.tell(key, error);
		}
	}

	delete(key: string): void {
		try {
			this.store.delete(key);
		} catch (error) {
			this.tell(key, error);
		}
	}

	private tell(key: string, error: unknown): void {
		this.failures++;
		const words = `the store failed on ${key}: ${error instanceof Error ? error.message : ""}`;
		if (this.log) this.log.error(words);
		else if (this.first === "") this.first = words;
	}
}
