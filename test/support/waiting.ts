// The one place where a test waits in real time: for what a process, a socket or a page does by itself. Where
// the code under test has the time, it is virtual. A limit here is for what hangs, so that a busy machine
// changes nothing.

const PAUSE_MS = 5;
/** Below the limit of the test runner (.mocharc.json), so that the words are told. */
export const HANGS_MS = 240_000;

/**
 * Looks again and again until `look` gives something other than undefined or false; `words` say what there
 * was instead.
 */
export async function eventually<T>(
	look: () => T | undefined | false | Promise<T | undefined | false>,
	words: () => string = () => "it did not come about",
): Promise<T> {
	const end = performance.now() + HANGS_MS;
	for (;;) {
		const found = await look();
		if (found !== undefined && found !== false) return found;
		if (performance.now() > end) throw new Error(words());
		await grace(PAUSE_MS);
	}
}

/**
 * Lets the event loop go round so often: what is on its way in this process and between its sockets goes on.
 */
export async function turns(count: number): Promise<void> {
	for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve));
}

/**
 * Gives what must not happen the time to happen. On a busy machine a test with it sees less, and does not
 * fail.
 */
export async function grace(ms: number): Promise<void> {
	await new Promise((resolve) => setTimeout(resolve, ms));
}
