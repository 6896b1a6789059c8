// Days left, alarm and word of the device's own certificate, in virtual time.

import assert from "node:assert/strict";
import { type CertificateTeller, CertificateWatch } from "../../../modules/app/certificate-watch.js";

const DAY = 86_400_000;
const START = Date.UTC(2026, 10, 27);

/** Ticks every ten minutes for `days`; what was told, with the day it was told on. */
function told(
	end: number,
	days: number,
	options: { alarmDays?: number; stands?: boolean; room?: (day: number) => boolean } = {},
): string[] {
	const { alarmDays = 30, stands = false, room = () => true } = options;
	const watch = CertificateWatch.of(end, alarmDays);
	const all: string[] = [];
	let mark = stands;
	for (let now = 0; now < days * DAY; now += 600_000) {
		const day = Math.floor(now / DAY);
		const teller: CertificateTeller = {
			certificateDays: (left) => room(day) && all.push(`day ${day}: ${left} left`) > 0,
			certificateAlarm(on, left) {
				if (!room(day)) return false;
				mark = on;
				return all.push(`day ${day}: alarm ${on ? "on" : "off"} at ${left}`) > 0;
			},
			certificateAlarmStands: () => mark,
			certificateEnds: (left) => all.push(`day ${day}: log ${left}`),
		};
		watch?.tick(now, START + now, teller);
	}
	return all;
}
const without = (all: string[], what: RegExp) => all.filter((one) => !what.test(one));

describe("CertificateWatch", () => {
	it("tells once a day how many are left", () => {
		const all = told(START + 100 * DAY + 1, 4);
		assert.deepEqual(all, ["day 0: 100 left", "day 1: 99 left", "day 2: 98 left", "day 3: 97 left"]);
	});

	it("raises one alarm when the limit is passed, with a word in the log, and goes on behind the end", () => {
		const all = without(told(START + 33 * DAY - 1, 40), / left$/);
		assert.deepEqual(all, ["day 3: log 29", "day 3: alarm on at 29"]);
		assert.ok(told(START + 2 * DAY - 1, 5).includes("day 3: -2 left"));
	});

	it("raises it anew in each boot, and clears one that stands from before, and only such a one", () => {
		assert.deepEqual(without(told(START + 5 * DAY - 1, 3, { stands: true }), / left$/), [
			"day 0: log 4",
			"day 0: alarm on at 4",
		]);
		assert.deepEqual(without(told(START + 300 * DAY - 1, 3, { stands: true }), / left$/), [
			"day 0: alarm off at 299",
		]);
		assert.deepEqual(without(told(START + 300 * DAY - 1, 3), / left$/), []);
	});

	it("tells later what there was no room for", () => {
		const all = told(START + 5 * DAY - 1, 4, { room: (day) => day >= 2 });
		assert.deepEqual(all.slice(0, 3), ["day 0: log 4", "day 2: 2 left", "day 2: alarm on at 2"]);
	});

	it("waits for the time, and does without an alarm where none is wanted", () => {
		const watch = CertificateWatch.of(START, 30);
		const never: CertificateTeller = {
			certificateDays: () => assert.fail(),
			certificateAlarm: () => assert.fail(),
			certificateAlarmStands: () => assert.fail(),
			certificateEnds: () => assert.fail(),
		};
		watch?.tick(0, -1, never);
		assert.deepEqual(without(told(START + 5 * DAY - 1, 4, { alarmDays: 0 }), / left$/), []);
		assert.deepEqual(without(told(START + DAY - 1, 3, { alarmDays: 0 }), / left$/), [
			"day 1: log -1",
			"day 1: alarm on at -1",
		]);
	});

	it("is not there without a certificate that can be read", () => {
		assert.equal(CertificateWatch.of(undefined, 30), undefined);
		assert.equal(CertificateWatch.of(Number.NaN, 30), undefined);
	});
});
