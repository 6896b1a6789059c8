// The board's clock over Moddable's `time` and Date, both in the hands of the test.

import assert from "node:assert/strict";
import Time from "../../../host-sim/nodejs/moddable/time.js";
import { SystemClock } from "../../../modules/platform/clock.js";

const FLOOR = Date.UTC(2024, 0, 1);

describe("platform: clock", () => {
	const ticks = Object.getOwnPropertyDescriptor(Time, "ticks") as PropertyDescriptor;
	const { now } = Date;
	let raw = 0;
	let wall = 0;
	beforeEach(() => {
		Object.defineProperty(Time, "ticks", { configurable: true, get: () => raw | 0 });
		Date.now = () => wall;
	});
	afterEach(() => {
		Object.defineProperty(Time, "ticks", ticks);
		Date.now = now;
	});

	it("goes on where the 32 bits of the ticks wrap, and never back", () => {
		raw = 0x7fff_ff00;
		const clock = new SystemClock();
		const start = clock.monotonic();
		for (let passed = 0; passed < 2 ** 33; passed += 2 ** 30 + 12_345) {
			raw = 0x7fff_ff00 + passed;
			assert.equal(clock.monotonic() - start, passed);
		}
	});

	it("knows the time of day of moments before and behind, once it has been set", () => {
		raw = 5_000;
		wall = FLOOR - 1;
		const clock = new SystemClock();
		const start = clock.monotonic();
		assert.equal(clock.wallAt(start), -1);
		wall = FLOOR;
		assert.equal(clock.wallAt(start), FLOOR);
		raw += 2_500;
		wall += 2_500;
		assert.equal(clock.wallAt(start), FLOOR);
		assert.equal(clock.wallAt(start + 1_000), FLOOR + 1_000);
		assert.equal(clock.wallAt(start + 9_000), FLOOR + 9_000);
		// The clock is set again: moments of this boot follow it.
		wall += 60_000;
		assert.equal(clock.wallAt(start), FLOOR + 60_000);
	});

	it("is set: the system's clock to the second, its own to the millisecond, and no longer asks the system", () => {
		const seconds: number[] = [];
		const set = Object.getOwnPropertyDescriptor(Time, "set") as PropertyDescriptor;
		Object.defineProperty(Time, "set", { configurable: true, value: (s: number) => seconds.push(s) });
		try {
			raw = 10_000;
			wall = 0;
			const clock = new SystemClock();
			const start = clock.monotonic();
			clock.set(FLOOR + 1_750, true);
			assert.deepEqual(seconds, [FLOOR / 1000 + 1]);
			wall = FLOOR + 999_999;
			raw += 100;
			assert.equal(clock.wallAt(start), FLOOR + 1_750);
			assert.equal(clock.wallAt(clock.monotonic()), FLOOR + 1_850);
			clock.set(FLOOR + 5_000, true);
			assert.equal(clock.wallAt(clock.monotonic()), FLOOR + 5_000);
		} finally {
			Object.defineProperty(Time, "set", set);
		}
	});

	it("gives no time while it has only a floor, or nothing", () => {
		const clock = new SystemClock();
		wall = FLOOR + 5_000;
		clock.set(FLOOR, false);
		assert.equal(clock.wallAt(clock.monotonic()), -1);
		clock.set(FLOOR, true);
		clock.set(0, false);
		assert.equal(clock.wallAt(clock.monotonic()), -1);
	});
});
