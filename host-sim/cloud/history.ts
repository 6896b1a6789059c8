// Lists of what a stand-in remembers: bounded, because `npm start` may run for weeks.

/** Entries that a list keeps at least, once it has had that many. */
export const HISTORY = 20_000;

/**
 * Adds an entry; a list of twice its bound gives up its older half. Returns the entries given up, mostly
 * none.
 */
export function remember<T>(list: T[], entry: T): T[] {
	list.push(entry);
	return list.length >= 2 * HISTORY ? list.splice(0, HISTORY) : [];
}
