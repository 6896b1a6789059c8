// A folder only its owner may read: atomic writes, and a lock so that two processes do not make the same
// files.
import { randomBytes } from "node:crypto";
import { mkdir, open, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const LOCK_STALE = 60_000;
const LOCK_PATIENCE = 90_000;
const LOCK_POLL = 20;

/**
 * One that is there already is left as it is: it may be somebody's home. What is secret in it has a mode of
 * its own.
 */
export async function makePrivateFolder(folder: string): Promise<void> {
	await mkdir(folder, { recursive: true, mode: 0o700 });
}

/** Writes a whole file or nothing: a reader never sees half of it. */
export async function writeWhole(path: string, content: string | Uint8Array, mode: number): Promise<void> {
	await mkdir(dirname(path), { recursive: true, mode: 0o700 });
	const temporary = `${path}.${process.pid}.${randomBytes(4).toString("hex")}.tmp`;
	try {
		await writeFile(temporary, content, { mode, flag: "wx" });
		await rename(temporary, path);
	} catch (error) {
		await rm(temporary, { force: true });
		throw error;
	}
}

export async function readText(path: string): Promise<string | undefined> {
	try {
		return await readFile(path, "utf8");
	} catch {
		return undefined;
	}
}

function isRunning(pid: number): boolean {
	try {
		process.kill(pid, 0);
		return true;
	} catch (error) {
		return (error as NodeJS.ErrnoException).code === "EPERM";
	}
}

async function removeIfStale(path: string): Promise<void> {
	const holder = await readText(path);
	const age = await stat(path).then(
		(info) => Date.now() - info.mtimeMs,
		() => 0,
	);
	const pid = Number(holder);
	const dead = holder !== undefined && pid > 0 && !isRunning(pid);
	if (dead || age > LOCK_STALE) await rm(path, { force: true });
}

async function acquire(path: string): Promise<void> {
	const giveUp = Date.now() + LOCK_PATIENCE;
	for (;;) {
		try {
			const file = await open(path, "wx", 0o600);
			await file.writeFile(String(process.pid));
			await file.close();
			return;
		} catch (error) {
			if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
		}
		if (Date.now() > giveUp) throw new Error(`${path} is held by another process`);
		await removeIfStale(path);
		await sleep(LOCK_POLL);
	}
}

/** Runs `work` while no other process (or task of this one) runs one for the same folder. */
export async function exclusively<Result>(folder: string, work: () => Promise<Result>): Promise<Result> {
	const path = join(folder, ".lock");
	await acquire(path);
	try {
		return await work();
	} finally {
		await rm(path, { force: true });
	}
}
