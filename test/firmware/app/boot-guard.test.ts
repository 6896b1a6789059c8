// Boots that do not last, safe mode, and the way out of it.

import assert from "node:assert/strict";
import { BootGuard } from "../../../modules/app/boot-guard.js";
import { makeStore } from "../network/fixture.js";

const HOUR = 3_600_000;

function boots() {
	const stored = new Map<string, string | number>();
	let writes = 0;
	const store = makeStore(stored);
	const counted = {
		...store,
		set: (key: string, value: string | number) => {
			writes++;
			store.set(key, value);
		},
		delete: (key: string) => {
			writes++;
			store.delete(key);
		},
	};
	return { stored, boot: (now = 0) => new BootGuard(counted, now), writes: () => writes };
}

describe("boot guard", () => {
	it("lets a node boot in safe mode after four boots in a row that did not last a minute", () => {
		const { boot } = boots();
		for (let i = 0; i < 4; i++) {
			const guard = boot(1000);
			assert.deepEqual([guard.safe, guard.failed], [false, i]);
			assert.equal(guard.tick(60_999), false);
		}
		const guard = boot();
		assert.deepEqual([guard.safe, guard.failed], [true, 4]);
		assert.equal(boot().safe, true, "it stays so, whatever happens in it");
	});

	it("forgets them with one that lasted, and writes to the store once for that", () => {
		const { boot, stored, writes } = boots();
		for (let i = 0; i < 4; i++) boot();
		for (let i = 0; i < 3; i++) stored.set("boots-failed", 3);
		const guard = boot(5000);
		const before = writes();
		for (let now = 64_999; now < HOUR; now += 500) guard.tick(now);
		assert.equal(stored.has("boots-failed"), false);
		assert.equal(writes(), before + 1);
	});

	it("knows whether the boot before ended in order, and says so once", () => {
		const { boot } = boots();
		assert.equal(boot().ordered, false);
		boot().ending();
		assert.equal(boot().ordered, true);
		assert.equal(boot().ordered, false, "that one just stopped");
	});

	it("does not count an end in order", () => {
		const { boot } = boots();
		for (let i = 0; i < 20; i++) {
			const guard = boot();
			assert.equal(guard.safe, false);
			guard.ending();
			guard.ending();
		}
	});

	it("ends safe mode after an hour with a boot that tries everything, and is back at once when that fails", () => {
		const { boot } = boots();
		for (let i = 0; i < 4; i++) boot();
		const safe = boot(1000);
		assert.equal(safe.tick(1000 + HOUR - 1), false);
		assert.equal(safe.tick(1000 + HOUR), true);
		safe.ending();
		assert.equal(boot().safe, false);
		const again = boot();
		assert.equal(again.safe, true);
		again.ending();
		const good = boot();
		good.tick(60_000);
		assert.deepEqual([boot().safe, boot().failed], [false, 1]);
	});

	it("takes what is no count in the store for none", () => {
		for (const value of ["4", -4, Number.NaN])
			assert.equal(new BootGuard(makeStore(new Map([["boots-failed", value]])), 0).failed, 0);
	});
});
