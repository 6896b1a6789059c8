// What the firmware says to a developer. Levels are cumulative; secrets are never passed in.

export const LEVELS = Object.freeze(["off", "error", "warn", "info", "debug"] as const);
export type Level = (typeof LEVELS)[number];

export class Log {
	private readonly sink: (level: string, text: string, detail: string) => void;
	private readonly level: number;

	/** The sink gets a line in parts, because putting strings together takes memory. */
	constructor(sink: (level: string, text: string, detail: string) => void, level: Level) {
		this.sink = sink;
		this.level = LEVELS.indexOf(level);
	}

	error(text: string, detail = ""): void {
		if (this.level >= 1) this.sink("error: ", text, detail);
	}
	warn(text: string, detail = ""): void {
		if (this.level >= 2) this.sink("warn: ", text, detail);
	}
	info(text: string, detail = ""): void {
		if (this.level >= 3) this.sink("", text, detail);
	}
	debug(text: string, detail = ""): void {
		if (this.level >= 4) this.sink("", text, detail);
	}
}
