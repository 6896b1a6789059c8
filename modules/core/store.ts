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
