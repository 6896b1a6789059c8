// What the firmware says to a developer. Levels are cumulative; secrets are never passed in.

export const LEVELS = Object.freeze(["off", "error", "warn", "info", "debug"] as const);
export type Level = (typeof LEVELS)[number];

export class Log {
	readonly #sink: (line: string) => void;
	readonly #level: number;

	constructor(sink: (line: string) => void, level: Level) {
		this.#sink = sink;
		this.#level = LEVELS.indexOf(level);
	}

	error(text: string): void {
		if (this.#level >= 1) this.#sink(`error: ${text}`);
	}
	warn(text: string): void {
		if (this.#level >= 2) this.#sink(`warn: ${text}`);
	}
	info(text: string): void {
		if (this.#level >= 3) this.#sink(text);
	}
	debug(text: string): void {
		if (this.#level >= 4) this.#sink(text);
	}
}
