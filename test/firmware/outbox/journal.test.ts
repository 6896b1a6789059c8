// The journal in flash: what was written is there again, also after a power cut at any byte.

import assert from "node:assert/strict";
import { crc32 as reference } from "node:zlib";
import { NorFlash, PowerCut } from "../../../host-sim/circuit/nor-flash.js";
import { crc32 } from "../../../modules/core/crc32.js";
import { BODY, entryBytes, Journal, type JournalOwner } from "../../../modules/outbox/journal.js";
import { seeded } from "../../support/seeded.js";

const SECTOR = 256;
const SECTORS = 12;
const KEYS = 12;
const VALUE_BYTES = 20;
const SET = 1;
const DELETE = 2;
const HOW: Readonly<Record<string, string>> = {
	true: "tidied",
	prepares: "prepared only",
	false: "by itself",
};

/** Small values by key. */
class Values implements JournalOwner {
	readonly values = new Map<number, string>();
	readonly journal: Journal;
	replayed = 0;
	/** Tidies as soon as it may; off: never, so that `begin` has to, but for what is prepared. */
	readonly #tidies: boolean | "prepares";

	constructor(flash: NorFlash, fingerprint = 1, tidies: boolean | "prepares" = true) {
		this.#tidies = tidies;
		this.journal = new Journal({
			flash,
			fingerprint,
			bytes: new Uint8Array(entryBytes(1 + VALUE_BYTES)),
			snapshotBytes: KEYS * entryBytes(1 + VALUE_BYTES),
			owner: this,
		});
		this.journal.open();
	}

	replay(type: number, bytes: Uint8Array, _view: DataView, start: number, end: number): void {
		this.replayed++;
		const key = bytes[start] as number;
		if (type === SET) this.values.set(key, Buffer.from(bytes.subarray(start + 1, end)).toString());
		else this.values.delete(key);
	}

	/** Says whether that was due. */
	tidy(): boolean {
		if (this.#tidies === "prepares") this.journal.prepare();
		const due = (this.journal.due || this.journal.untidy) && this.#tidies === true;
		if (due) this.journal.tidy();
		return due;
	}

	snapshot(): void {
		for (const [key, value] of this.values) this.#write(SET, key, value);
	}

	set(key: number, value: string): void {
		this.#write(SET, key, value);
		this.values.set(key, value);
	}

	delete(key: number): void {
		this.#write(DELETE, key, "");
		this.values.delete(key);
	}

	#write(type: number, key: number, value: string): void {
		const { journal } = this;
		const body = Buffer.from(value);
		journal.begin(type, 1 + body.length);
		journal.bytes[BODY] = key;
		journal.bytes.set(body, BODY + 1);
		journal.end(1 + body.length);
	}
}

/** The same changes for the same seed; calls `done` behind each. */
function change(values: Values, seed: number, count: number, done: () => void): void {
	const random = seeded(seed);
	for (let i = 0; i < count; i++) {
		const key = Math.floor(random() * KEYS);
		if (random() < 0.3) values.delete(key);
		else values.set(key, `${i}-`.padEnd(Math.floor(random() * VALUE_BYTES), "x"));
		done();
		values.tidy();
	}
}

const flash = (): NorFlash => new NorFlash(SECTORS, SECTOR);
const content = (values: Values): string => JSON.stringify([...values.values].sort((a, b) => a[0] - b[0]));

describe("core: CRC-32", () => {
	it("agrees with zlib, which nobody here wrote", () => {
		const random = seeded(3);
		for (let length = 0; length < 300; length++) {
			const bytes = Uint8Array.from({ length }, () => Math.floor(random() * 256));
			const start = Math.floor(random() * (length + 1));
			assert.equal(crc32(bytes, start, length), reference(bytes.subarray(start)));
		}
	});
});

describe("core: journal", () => {
	it("is empty in new flash, and keeps what was written", () => {
		const nor = flash();
		const first = new Values(nor);
		assert.equal(first.values.size, 0);
		first.set(1, "one");
		first.set(2, "");
		first.set(1, "uno");
		first.delete(3);
		assert.deepEqual(
			[...new Values(nor).values],
			[
				[1, "uno"],
				[2, ""],
			],
		);
	});

	for (const tidies of [true, "prepares", false] as const)
		it(`goes round its sectors for ever, and wears them alike, ${HOW[String(tidies)]}`, () => {
			const nor = flash();
			let forced = 0;
			for (let boot = 0; boot < 40; boot++) {
				const values = new Values(nor, 1, tidies);
				change(values, boot, 100, () => {});
				assert.equal(content(new Values(nor)), content(values), `boot ${boot}`);
				forced += values.journal.forced;
			}
			assert.equal(forced > 0, tidies !== true);
			const wear = [...nor.wear];
			assert.ok(Math.max(...wear) - Math.min(...wear) <= 2, `${wear}`);
			// Each byte that the owner writes costs less than two in flash.
			assert.ok(nor.bytesWritten < 2 * 40 * 100 * entryBytes(1 + VALUE_BYTES / 2), `${nor.bytesWritten}`);
		});

	const full = (i: number): [number, string] => [i % KEYS, `${i}`.padEnd(VALUE_BYTES, "x")];

	it("is untidy in the second half of a sector, and then goes on without erasing", () => {
		const nor = flash();
		const values = new Values(nor);
		const { journal } = values;
		let i = 0;
		while (!journal.untidy) values.set(...full(i++));
		assert.ok(i > SECTOR / entryBytes(1 + VALUE_BYTES) / 2 - 2, `after ${i} entries`);
		const erased = journal.erases;
		assert.equal(values.tidy(), true);
		assert.equal(journal.erases, erased + 1);
		// The sector that was begun ahead is used, and by a boot at once.
		const copy = new NorFlash(SECTORS, SECTOR, nor.content.slice());
		const again = new Values(copy);
		assert.equal(content(again), content(values));
		again.set(...full(i));
		assert.equal(content(new Values(copy)), content(again));
		while (!journal.untidy) values.set(...full(i++));
		assert.equal(journal.erases, erased + 1);
		assert.equal(journal.forced, 0);
		assert.equal(content(new Values(nor)), content(values));
	});

	it("without being tidied begins sectors by itself, and counts that", () => {
		const nor = flash();
		const values = new Values(nor);
		const { journal } = values;
		for (let i = 0; i < 1000; i++) {
			const before = journal.erases;
			const { forced } = journal;
			values.set(...full(i));
			assert.equal(journal.erases > before, journal.forced > forced);
		}
		assert.ok(journal.forced > SECTORS);
		assert.equal(content(new Values(nor)), content(values));
	});

	it("makes a snapshot where three sectors more leave no room for one, also at its start", () => {
		const nor = flash();
		const values = new Values(nor);
		let snapshots = 0;
		let i = 0;
		for (; snapshots < 3; ) {
			values.set(...full(i++));
			const before = values.journal.erases;
			if (values.tidy() && values.journal.erases > before + 1) snapshots++;
			assert.equal(values.journal.forced, 0);
		}
		assert.ok(i > 3 * 3 * (SECTOR / entryBytes(1 + VALUE_BYTES) - 1), `${i} entries`);
		// Cut just ahead of one: the next boot asks for it.
		let last = nor.content.slice();
		for (let erases = values.journal.erases; ; erases = values.journal.erases) {
			last = nor.content.slice();
			values.set(...full(i++));
			if (values.tidy() && values.journal.erases > erases + 1) break;
		}
		const copy = new NorFlash(SECTORS, SECTOR, last);
		const again = new Values(copy);
		const before = content(again);
		again.set(...full(i)); // the one that was cut
		assert.equal(again.journal.due, true);
		assert.equal(again.tidy(), true);
		assert.equal(content(new Values(copy)), content(again));
		assert.notEqual(content(again), before);
	});

	it("leaves behind what was written under other settings, and does not mix with it", () => {
		const nor = flash();
		const before = new Values(nor, 1);
		change(before, 1, 60, () => {});
		const after = new Values(nor, 2);
		assert.equal(after.journal.foreign, true);
		assert.equal(after.values.size, 0);
		after.set(1, "new");
		const again = new Values(nor, 2);
		assert.equal(again.journal.foreign, false);
		assert.deepEqual([...again.values], [[1, "new"]]);
		assert.equal(new Values(nor, 1).values.size, 0);
	});

	it("needs room for two snapshots", () => {
		assert.throws(
			() => new Values(new NorFlash(4, SECTOR)),
			/journal: \d+ sectors are needed, the flash has 4/,
		);
		assert.throws(() => new Values(new NorFlash(100, 64)), /too long for a sector/);
	});

	it("finds flash full of anything to be empty", () => {
		const random = seeded(9);
		for (let i = 0; i < 50; i++) {
			const nor = flash();
			for (let p = 0; p < nor.content.length; p++) nor.content[p] = Math.floor(random() * 256);
			const values = new Values(nor);
			assert.equal(values.values.size, 0);
			values.set(1, "x");
			assert.equal(new Values(nor).values.get(1), "x");
		}
	});

	it("survives single bits that turned, up to the sector that they are in", () => {
		const nor = flash();
		const values = new Values(nor);
		change(values, 4, 30, () => {});
		const good = nor.content.slice();
		for (let p = 0; p < good.length; p += 7) {
			const damaged = new NorFlash(SECTORS, SECTOR, good.slice());
			damaged.content[p] = (damaged.content[p] as number) ^ 0x10;
			const again = new Values(damaged);
			again.set(0, "still");
			assert.equal(new Values(damaged).values.get(0), "still");
		}
	});

	// The power is cut at every byte of several boots, and once more at every 7th byte of the boot that
	// follows.
	for (const tidies of [true, "prepares", false] as const)
		it(`after a cut at any byte has all changes but the one that was cut, or that too, ${HOW[String(tidies)]}`, () => {
			const states: string[] = [];
			const whole = flash();
			const reference = new Values(whole, 1, tidies);
			states.push(content(reference));
			const CHANGES = 160;
			change(reference, 5, CHANGES, () => states.push(content(reference)));
			assert.ok(whole.wear.reduce((a, b) => a + b) > SECTORS, "more than one round");
			assert.equal(reference.journal.forced > 0, tidies !== true);
			let cuts = 0;
			for (let step = 0; step < whole.steps; step++) {
				const nor = flash();
				nor.stepsLeft = step;
				let done = 0;
				assert.throws(() => change(new Values(nor, 1, tidies), 5, CHANGES, () => done++), PowerCut);
				const broken = nor.content.slice();
				for (let second = step % 7; ; second += 7) {
					// The next boot may be cut as well.
					const twice = new NorFlash(SECTORS, SECTOR, broken.slice());
					twice.stepsLeft = second;
					let ended = false;
					try {
						new Values(twice);
						ended = true;
					} catch (error) {
						if (!(error instanceof PowerCut)) throw error;
					}
					cuts++;
					twice.stepsLeft = Number.POSITIVE_INFINITY;
					const after = new Values(twice);
					const found = content(after);
					assert.ok(
						found === states[done] || found === states[done + 1],
						`cut at ${step}, then at ${second}: ${found}`,
					);
					// And it goes on from there.
					after.set(11, "on");
					assert.equal(new Values(twice).values.get(11), "on");
					if (ended) break;
				}
			}
			assert.ok(cuts > whole.steps);
		});
});
