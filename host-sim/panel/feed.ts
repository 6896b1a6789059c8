// What the page shows, kept here: whoever opens it gets all of it at once, and from then on what is new, ten
// times a second. Every list is bounded, and a page that does not read is let go; it comes again by itself.

import type {
	Command,
	Filled,
	Now,
	Said,
	Sampled,
	Snapshot,
	Stored,
	Update,
	WirePacket,
} from "./messages.js";

export interface Reader {
	/** Returns false when it cannot take more for now. */
	write(line: string): boolean;
	end(): void;
}

/** The lists that only grow. */
interface Lists {
	sampled: Sampled[];
	stored: Stored[];
	ring: Filled[];
	wire: WirePacket[];
	said: Said[];
}

export const LIMITS = {
	sampled: 20_000,
	stored: 40_000,
	ring: 20_000,
	wire: 2000,
	said: 500,
	commands: 200,
} as const;
const PAUSE_MS = 100;
/** Updates that a page may be behind. */
const PATIENCE = 40;

export class Feed {
	about: Readonly<Record<string, unknown>>;
	readonly #kept: Lists = { sampled: [], stored: [], ring: [], wire: [], said: [] };
	readonly #commands = new Map<string, Command>();
	#now: Now = {};
	#fresh: { -readonly [K in keyof Update]: Update[K] } = {};
	readonly #readers = new Map<Reader, number>();
	#timer: NodeJS.Timeout | undefined;

	constructor(about: Readonly<Record<string, unknown>>) {
		this.about = about;
	}

	get watched(): boolean {
		return this.#readers.size > 0;
	}

	sampled(sample: Sampled): void {
		this.#add("sampled", sample);
	}
	stored(value: Stored): void {
		this.#add("stored", value);
	}
	ring(filled: Filled): void {
		this.#add("ring", filled);
	}
	wire(packet: WirePacket): void {
		this.#add("wire", packet);
	}
	said(line: Said): void {
		this.#add("said", line);
	}
	command(command: Command): void {
		this.#commands.delete(command.id);
		this.#commands.set(command.id, command);
		const [oldest] = this.#commands.keys();
		if (this.#commands.size > LIMITS.commands && oldest !== undefined) this.#commands.delete(oldest);
		this.#fresh.commands = [...(this.#fresh.commands ?? []), command];
		this.#soon();
	}
	now(now: Now): void {
		this.#now = { ...this.#now, ...now };
		this.#fresh.now = { ...this.#fresh.now, ...now };
		this.#soon();
	}

	snapshot(): Snapshot {
		return {
			snapshot: true,
			about: this.about,
			...this.#kept,
			commands: [...this.#commands.values()],
			now: this.#now,
		};
	}

	/** Returns what ends it. */
	join(reader: Reader): () => void {
		reader.write(`${JSON.stringify(this.snapshot())}\n`);
		this.#readers.set(reader, 0);
		return () => this.#readers.delete(reader);
	}

	close(): void {
		clearTimeout(this.#timer);
		for (const reader of this.#readers.keys()) reader.end();
		this.#readers.clear();
	}

	#add<K extends keyof Lists>(name: K, item: Lists[K][number]): void {
		const list = this.#kept[name] as Array<typeof item>;
		list.push(item);
		// In larger pieces: taking the first away moves all.
		if (list.length > LIMITS[name] * 1.1) list.splice(0, list.length - LIMITS[name]);
		const fresh = (this.#fresh[name] ?? []) as Array<typeof item>;
		fresh.push(item);
		if (fresh.length > LIMITS[name]) fresh.shift();
		Object.assign(this.#fresh, { [name]: fresh });
		this.#soon();
	}

	#soon(): void {
		this.#timer ??= setTimeout(() => {
			this.#timer = undefined;
			const fresh = this.#fresh;
			this.#fresh = {};
			if (this.#readers.size === 0) return;
			let line: string;
			try {
				line = JSON.stringify(fresh);
			} catch (error) {
				// What cannot be shown must not end the machine that is watched.
				this.said({ at: Date.now(), text: `not shown: ${(error as Error).message}`, level: "warn" });
				return;
			}
			this.#tell(`${line}\n`);
		}, PAUSE_MS);
	}

	#tell(line: string): void {
		for (const [reader, behind] of [...this.#readers]) {
			if (reader.write(line)) this.#readers.set(reader, 0);
			else if (behind < PATIENCE) this.#readers.set(reader, behind + 1);
			else {
				this.#readers.delete(reader);
				reader.end();
			}
		}
	}
}
