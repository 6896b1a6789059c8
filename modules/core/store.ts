// Small values that survive a restart and a power cut.

/**
 * Contract: synchronous; one `set` is atomic (after a power cut either the old or the new value is there);
 * keys have 1 to 15 characters of [a-z0-9-] (the limit of ESP32's NVS).
 */
export interface Store {
	get(key: string): string | number | undefined;
	set(key: string, value: string | number): void;
	delete(key: string): void;
}

/** Sets a marker, a whole number; 0 takes it away. */
export function mark(store: Store, key: string, value: number): void {
	if (value !== 0) store.set(key, value);
	else store.delete(key);
}

/** The marker under a key, or 0. */
export function marked(store: Store, key: string): number {
	const value = store.get(key);
	return typeof value === "number" ? value : 0;
}
