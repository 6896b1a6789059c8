// ISO times against Date, stamps, and the pauses of the backoff.

import assert from "node:assert/strict";
import fc from "fast-check";
import { Backoff } from "../../../modules/core/backoff.js";
import { digitView } from "../../../modules/core/bytes.js";
import { ISO_TIME_BYTES, keepIsoTime, LAST_ISO_TIME } from "../../../modules/core/iso-time.js";
import { IsoStamp, MillisecondStamp } from "../../../modules/outbox/stamp.js";

const DAY = 86_400_000;

function text(bytes: Uint8Array): string {
	return Buffer.from(bytes).toString("latin1");
}

/** A time by itself. */
function isoTime() {
	const bytes = new Uint8Array(ISO_TIME_BYTES);
	return { bytes, set: keepIsoTime(bytes, digitView(bytes), 0) };
}

describe("core: ISO time", () => {
	/** One instance for all, so that what an earlier moment left behind would show. */
	const time = isoTime();
	const same = (ms: number): void => {
		assert.equal(time.set(ms), true, String(ms));
		assert.equal(text(time.bytes), new Date(ms).toISOString());
	};

	it("any moment from 1970 to 9999 reads as Date says", () => {
		fc.assert(fc.property(fc.integer({ min: 0, max: LAST_ISO_TIME }), same), { numRuns: 5000 });
	});

	it("the first and last milliseconds of every month to 2110, and around centuries, read as Date says", () => {
		for (const [from, to] of [
			[1970, 2110],
			[2195, 2205],
			[2395, 2405],
			[9995, 9999],
		] as const)
			for (let year = from; year <= to; year++)
				for (let month = 0; month < 12; month++) {
					const first = Date.UTC(year, month, 1);
					same(first);
					if (first > 0) same(first - 1);
					same(Date.UTC(year, 1, 28, 23, 59, 59, 999) + 1);
				}
	});

	it("walking in steps of every size changes just what has to change", () => {
		for (const step of [
			1,
			999,
			1000,
			1001,
			59_999,
			60_000,
			3_599_999,
			3_600_000,
			DAY - 1,
			DAY,
			DAY + 1,
			31 * DAY,
		])
			for (let i = 0, ms = Date.UTC(2024, 1, 28, 23, 59, 58, 500); i < 200; i++, ms += step) same(ms);
	});

	it("each millisecond of a minute reads as Date says", () => {
		const minute = Date.UTC(2026, 10, 27, 17, 59);
		for (let ms = 0; ms < 60_000; ms++) same(minute + ms);
	});

	it("going back is right as well", () => {
		for (let i = 0, ms = Date.UTC(2024, 2, 1, 0, 0, 2); i < 300; i++, ms -= 37_777) same(ms);
		same(1_000);
		same(1_000 + DAY);
		same(1_000);
	});

	it("fractions of a millisecond are cut, also in the very last one", () => {
		for (const ms of [0.9, 999.999, 86_399_999.5, LAST_ISO_TIME + 0.5]) {
			assert.equal(time.set(ms), true);
			assert.equal(text(time.bytes), new Date(Math.floor(ms)).toISOString());
		}
	});

	it("what has no such form is refused and leaves the old text", () => {
		same(Date.UTC(2026, 10, 20, 9, 15, 30));
		for (const ms of [-1, -DAY, LAST_ISO_TIME + 1, Number.NaN, Number.POSITIVE_INFINITY, -Infinity]) {
			assert.equal(time.set(ms), false, String(ms));
			assert.equal(text(time.bytes), "2026-11-20T09:15:30.000Z");
		}
		same(Date.UTC(2026, 10, 20, 9, 15, 30, 1));
	});

	it("the text always has 24 bytes, before the first moment too", () => {
		assert.equal(isoTime().bytes.length, ISO_TIME_BYTES);
		assert.match(text(isoTime().bytes), /^0000-00-00T00:00:00\.000Z$/);
	});
});

describe("core: stamps", () => {
	it("a kept millisecond stamp has each of its last four digits, and carries", () => {
		const kept = new Uint8Array(13);
		const set = new MillisecondStamp().keep(kept, digitView(kept), 0);
		const same = (ms: number) => {
			assert.equal(set(ms), true);
			assert.equal(text(kept), String(Math.floor(ms)));
		};
		same(1e12);
		for (let ms = 1_767_225_595_000; ms < 1_767_225_615_000; ms++) same(ms);
		for (let ms = 1_767_225_615_000.75; ms > 1_767_225_595_000; ms -= 13) same(ms);
		same(9_999_999_999_999);
		for (const ms of [1e12 - 1, 1e13, Number.NaN]) assert.equal(set(ms), false);
		assert.equal(text(kept), "9999999999999");
	});

	const bytes = new Uint8Array(64);
	const view = new DataView(bytes.buffer);

	it("an ISO stamp writes 24 bytes in place and nothing beside them", () => {
		bytes.fill(0xee);
		const stamp = new IsoStamp();
		assert.equal(stamp.length, 24);
		assert.equal(stamp.write(bytes, view, 10, 1e12), true);
		assert.equal(text(bytes.subarray(10, 34)), "2001-09-09T01:46:40.000Z");
		fc.assert(
			fc.property(fc.double({ noNaN: true, min: 0, max: LAST_ISO_TIME + 0.9 }), (ms) => {
				bytes.fill(0xee);
				assert.equal(stamp.write(bytes, view, 10, ms), true);
				assert.equal(text(bytes.subarray(10, 34)), new Date(Math.floor(ms)).toISOString());
				assert.equal(bytes[9], 0xee);
				assert.equal(bytes[34], 0xee);
			}),
		);
	});

	it("a millisecond stamp writes 13 digits in place, fractions cut", () => {
		const stamp = new MillisecondStamp();
		assert.equal(stamp.length, 13);
		fc.assert(
			fc.property(fc.double({ noNaN: true, min: 1e12, max: 9_999_999_999_999 }), (ms) => {
				bytes.fill(0xee);
				assert.equal(stamp.write(bytes, view, 10, ms), true);
				assert.equal(text(bytes.subarray(10, 23)), String(Math.floor(ms)));
				assert.equal(bytes[9], 0xee);
				assert.equal(bytes[23], 0xee);
			}),
		);
	});

	it("moments without such a form are refused and write nothing", () => {
		bytes.fill(0xee);
		for (const ms of [-1, Number.NaN, Number.POSITIVE_INFINITY, LAST_ISO_TIME + 1]) {
			assert.equal(new IsoStamp().write(bytes, view, 10, ms), false);
			assert.equal(new MillisecondStamp().write(bytes, view, 10, ms), false);
		}
		for (const ms of [0, 999_999_999_999, 1e13])
			assert.equal(new MillisecondStamp().write(bytes, view, 10, ms), false);
		assert.ok(bytes.every((byte) => byte === 0xee));
	});
});

describe("core: backoff", () => {
	const options = { minimumMs: 250, initialMs: 1_000, maximumMs: 60_000 };
	const ceilings = [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000];

	it("the lowest draw always gives the minimum", () => {
		const backoff = new Backoff(options, () => 0);
		for (let i = 0; i < 50; i++) assert.equal(backoff.next(), 250);
		assert.equal(backoff.failures, 50);
	});

	it("the highest draw shows that the ceiling doubles up to the maximum and stays there", () => {
		const backoff = new Backoff(options, () => 1 - 2 ** -53);
		for (const ceiling of ceilings) {
			const pause = backoff.next();
			assert.ok(pause >= ceiling - 1 && pause <= ceiling, `${pause} for ${ceiling}`);
		}
		for (let i = 0; i < 2000; i++) assert.ok(backoff.next() <= 60_000);
	});

	it("a draw in the middle gives the middle of minimum and ceiling", () => {
		const backoff = new Backoff(options, () => 0.5);
		assert.deepEqual(
			ceilings.map(() => backoff.next()),
			ceilings.map((ceiling) => Math.floor((250 + ceiling) / 2)),
		);
	});

	it("each pause is drawn anew", () => {
		let draws = 0;
		const backoff = new Backoff(options, () => (draws++ % 10) / 10);
		const pauses = Array.from({ length: 20 }, () => backoff.next());
		assert.equal(draws, 20);
		assert.equal(pauses[10], 250);
		assert.equal(pauses[19], 250 + Math.floor(0.9 * 59_750));
	});

	it("goes on growing in the rhythm of two devices with one id, where connections stand for a while", () => {
		const backoff = new Backoff(options, () => 0.999_999);
		for (let kick = 1; kick < 5; kick++) {
			assert.equal(backoff.stood(true, 15_000), kick);
			backoff.reset();
			assert.ok(backoff.next() <= 1_000, `kick ${kick}`);
		}
		const pauses: number[] = [];
		for (let i = 0; i < 12; i++) {
			backoff.stood(true, 15_000);
			backoff.reset();
			pauses.push(backoff.next());
		}
		assert.ok((pauses.at(-1) ?? 0) > 59_000 && (pauses.at(-1) ?? 0) <= 60_000, pauses.join());
	});

	it("ends that rhythm with one connection that ends otherwise, or stands longer than a rival pauses", () => {
		for (const [byServer, ms] of [
			[false, 1000],
			[true, 40_000],
		] as const) {
			const backoff = new Backoff(options, () => 0.999_999);
			for (let i = 1; i <= 9; i++) assert.equal(backoff.stood(true, 39_999), i);
			assert.equal(backoff.stood(byServer, ms), 0);
			backoff.reset();
			assert.ok(backoff.next() <= 1_000);
		}
	});

	it("reset begins anew", () => {
		const backoff = new Backoff(options, () => 0.999_999);
		for (let i = 0; i < 9; i++) backoff.next();
		backoff.reset();
		assert.equal(backoff.failures, 0);
		assert.ok(backoff.next() <= 1_000);
		assert.ok(backoff.next() > 1_000);
	});

	it("all pauses lie within [minimum, ceiling], whatever the options", () => {
		fc.assert(
			fc.property(
				fc.nat(5_000),
				fc.integer({ min: 1, max: 5_000 }),
				fc.integer({ min: 1, max: 100_000 }),
				fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
				(minimumMs, initialMs, maximumMs, draw) => {
					const backoff = new Backoff({ minimumMs, initialMs, maximumMs }, () => draw);
					for (let i = 0; i < 40; i++) {
						const pause = backoff.next();
						const ceiling = Math.min(maximumMs, initialMs * 2 ** Math.min(i, 20));
						assert.ok(Number.isInteger(pause) && pause >= minimumMs && pause <= Math.max(minimumMs, ceiling));
					}
				},
			),
		);
	});
});
