// What a simulated board keeps without power: its flash and its preferences. In memory, or with `--state` in
// a folder, so that they outlive the process.

import { randomBytes } from "node:crypto";
import {
	chmodSync,
	closeSync,
	existsSync,
	mkdirSync,
	openSync,
	readFileSync,
	renameSync,
	writeFileSync,
	writeSync,
} from "node:fs";
import { join } from "node:path";
import { NorFlash, newFlash } from "../circuit/nor-flash.js";

/** They hold passwords and keys: for their owner only. */
const SECRET = 0o600;

export type Preference = string | number | boolean | Uint8Array | undefined;

export interface BoardState {
	readonly flash: NorFlash;
	readonly preferences: Map<string, Preference>;
}

/** A folder that cannot be used; the message begins with its path. */
export class StateError extends Error {
	override name = "StateError";
}

export function newState(): BoardState {
	return { flash: newFlash(), preferences: new Map() };
}

/** The state in a folder, which is made if it is not there. Every change is in its files at once. */
export function openState(folder: string): BoardState {
	try {
		mkdirSync(folder, { recursive: true, mode: 0o700 });
		return {
			flash: new FileFlash(join(folder, "flash.bin")),
			preferences: new FilePreferences(join(folder, "preferences.json")),
		};
	} catch (error) {
		if (error instanceof StateError) throw error;
		throw new StateError(`${folder} cannot be used (${(error as NodeJS.ErrnoException).code}).`);
	}
}

class FileFlash extends NorFlash {
	readonly #file: number;

	constructor(path: string) {
		const { sectors, sectorBytes, content } = newFlash();
		if (existsSync(path)) {
			const found = readFileSync(path);
			if (found.length !== content.length)
				throw new StateError(`${path} is no flash of this board: it has ${found.length} bytes.`);
			content.set(found);
			chmodSync(path, SECRET);
		} else writeFileSync(path, content, { mode: SECRET, flag: "wx" });
		super(sectors, sectorBytes, content);
		this.#file = openSync(path, "r+");
		process.once("exit", () => closeSync(this.#file));
	}

	override erase(sector: number): void {
		super.erase(sector);
		this.#save(sector * this.sectorBytes, this.sectorBytes);
	}

	override write(at: number, bytes: Uint8Array, length: number): void {
		super.write(at, bytes, length);
		this.#save(at, length);
	}

	#save(at: number, length: number): void {
		writeSync(this.#file, this.content, at, length, at);
	}
}

/** As it stands in the file. */
type Saved = string | number | boolean | { readonly base64: string };

function saved([key, value]: [string, Preference]): [string, Saved | undefined] {
	return [key, value instanceof Uint8Array ? { base64: Buffer.from(value).toString("base64") } : value];
}

class FilePreferences extends Map<string, Preference> {
	readonly #path: string;

	constructor(path: string) {
		super();
		this.#path = path;
		if (!existsSync(path)) return;
		try {
			const found = JSON.parse(readFileSync(path, "utf8")) as Record<string, Saved>;
			for (const [key, value] of Object.entries(found))
				super.set(key, typeof value === "object" ? Buffer.from(value.base64, "base64") : value);
		} catch {
			throw new StateError(`${path} is not JSON.`);
		}
	}

	override set(key: string, value: Preference): this {
		super.set(key, value);
		if (this.#path !== undefined) this.#save();
		return this;
	}

	override delete(key: string): boolean {
		const had = super.delete(key);
		if (had) this.#save();
		return had;
	}

	/** Either the old file is there or the new one. Nobody else can have laid the new one there. */
	#save(): void {
		const temporary = `${this.#path}.${randomBytes(8).toString("hex")}.tmp`;
		const text = JSON.stringify(Object.fromEntries([...this].map(saved)));
		writeFileSync(temporary, text, { mode: SECRET, flag: "wx" });
		renameSync(temporary, this.#path);
	}
}
