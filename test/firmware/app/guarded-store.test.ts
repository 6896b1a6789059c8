// A store that fails ends nothing, and says so.

import assert from "node:assert/strict";
import { BootGuard } from "../../../modules/app/boot-guard.js";
import { GuardedStore } from "../../../modules/app/guarded-store.js";
import { Log } from "../../../modules/core/log.js";

describe("GuardedStore", () => {
	it("hands on what works", () => {
		const values = new Map<string, string | number>();
		const store = new GuardedStore({
			get: (key) => values.get(key),
			set: (key, value) => values.set(key, value),
			delete: (key) => values.delete(key),
		});
		store.tellTo(new Log(assert.fail, "error"));
		store.set("a", 1);
		assert.equal(store.get("a"), 1);
		store.delete("a");
		assert.deepEqual([store.get("a"), store.failures], [undefined, 0]);
	});

	it("counts and tells what fails, without the value, and goes on: a guard of boots too", () => {
		const full = () => {
			throw new Error("no space");
		};
		const told: string[] = [];
		const store = new GuardedStore({ get: full, set: full, delete: full });
		assert.equal(store.get("a"), undefined);
		store.tellTo(new Log((_level, text) => told.push(text), "error"));
		store.set("settings", "hunter2");
		store.delete("c");
		assert.deepEqual(
			told,
			["a", "settings", "c"].map((key) => `the store failed on ${key}: no space`),
		);
		assert.equal(store.failures, 3);
		const guard = new BootGuard(store, 0);
		guard.tick(100_000);
		guard.ending();
		assert.equal(guard.safe, false);
	});
});
