// Channels that are told less often than sensors are read: when, and what their readings come to.

import assert from "node:assert/strict";
import { makeSettings } from "../../../modules/app/settings.js";
import { Windows } from "../../../modules/app/windows.js";

const of = (channels: object, readMs = 0) => Windows.of(makeSettings({ channels }).channels, readMs);

/** Which samples, of those at these times, have a temperature, and which a speed. */
function told(channels: object, times: readonly number[]): [number[], number[]] {
	const windows = of(channels);
	const temperatures: number[] = [];
	const speeds: number[] = [];
	for (const time of times) {
		const values = [20, 0, 0, 100];
		windows?.add(values);
		const due = windows?.take(values, time) ?? 15;
		const [celsius, led, buzzer, rpm] = values as [number, number, number, number];
		if (!Number.isNaN(celsius)) temperatures.push(time);
		if (!Number.isNaN(rpm)) speeds.push(time);
		assert.equal(windows?.leftOut, Number(Number.isNaN(celsius)) + Number(Number.isNaN(rpm)));
		assert.equal(due, 6 + (Number.isNaN(celsius) ? 0 : 1) + (Number.isNaN(rpm) ? 0 : 8));
		assert.deepEqual([led, buzzer], [0, 0]);
	}
	return [temperatures, speeds];
}
const every = (ms: number, count: number, jitter = (i: number) => i - i) =>
	Array.from({ length: count }, (_, i) => 1000 + i * ms + jitter(i));
const pace = (temperatureMs: number, speedMs = 0) => ({
	temperature: { intervalMs: temperatureMs },
	speed: { intervalMs: speedMs },
});

describe("Windows: when a channel is due", () => {
	it("are there only where they are asked for", () => {
		assert.equal(of({}), undefined);
		assert.equal(of({ speed: { window: "maximum" } }), undefined);
		assert.ok(of({ speed: { intervalMs: 1 } }));
		assert.ok(of({}, 100));
	});

	it("tell each sensor at its own pace, the first sample whole", () => {
		const [temperatures, speeds] = told(pace(10_000, 3000), every(1000, 21));
		assert.deepEqual(temperatures, [1000, 11_000, 21_000]);
		assert.deepEqual(speeds, [1000, 4000, 7000, 10_000, 13_000, 16_000, 19_000]);
	});

	it("leave a sensor in every sample that has no pace of its own, or a faster one", () => {
		const times = every(1000, 5);
		assert.deepEqual(told(pace(3000), times)[1], times);
		assert.deepEqual(told(pace(0, 200), times)[1], times);
	});

	it("do not drift, whether timers come early or late", () => {
		for (const jitter of [(i: number) => i % 3, (i: number) => -(i % 3), (i: number) => (i * 7) % 40]) {
			const [temperatures] = told(pace(10_000), every(1000, 1000, jitter));
			assert.equal(temperatures.length, 100);
		}
	});

	it("begin a new grid after a standstill instead of making up for it", () => {
		const [temperatures] = told(pace(2000), [0, 1000, 50_000, 51_000, 52_000, 53_000, 54_000]);
		assert.deepEqual(temperatures, [0, 50_000, 52_000, 54_000]);
	});
});

describe("Windows: what readings come to", () => {
	const nan = Number.NaN;
	/** The value of the first channel after these readings. */
	function after(window: string, readings: readonly number[]): number {
		const windows = of({ temperature: { window } }, 100);
		for (const reading of readings) windows?.add([reading, 0, 0, 0]);
		const values = [nan, nan, nan, nan];
		windows?.take(values, 0);
		return values[0] as number;
	}

	for (const [window, readings, value] of [
		["last", [1, 5, 3], 3],
		["mean", [1, 5, 3], 3],
		["mean", [0.1, 0.2], 0.15000000000000002],
		["minimum", [1, 5, -3, 2], -3],
		["maximum", [1, 5, -3, 2], 5],
		["last", [1, 5, nan], 5],
		["mean", [nan, 4, nan, 2], 3],
		["minimum", [nan, 4], 4],
		["maximum", [nan, -4], -4],
		["mean", [21.37], 21.37],
		["mean", [nan, nan], nan],
		["last", [], nan],
	] as ReadonlyArray<[string, number[], number]>)
		it(`${window} of ${readings.join(", ") || "nothing"} is ${value}`, () => {
			assert.equal(after(window, readings), value);
		});

	it("begin anew with each value, and go on while a channel is not due", () => {
		const windows = of({ temperature: { intervalMs: 3000, window: "mean" }, speed: { window: "maximum" } });
		const seen: Array<[number, number]> = [];
		for (const [i, celsius] of [10, 20, 30, 40, 50, 60, 70].entries()) {
			const values = [celsius, 0, 0, celsius];
			windows?.add(values);
			windows?.take(values, i * 1000);
			seen.push([values[0] as number, values[3] as number]);
		}
		assert.deepEqual(seen, [
			[10, 10],
			[nan, 20],
			[nan, 30],
			[30, 40],
			[nan, 50],
			[nan, 60],
			[60, 70],
		]);
	});

	it("take the mean of what is measured and the last of a state, unless somebody says otherwise", () => {
		assert.deepEqual(
			makeSettings().channels.map(({ key, window }) => [key, window]),
			[
				["temperature", "mean"],
				["led", "last"],
				["buzzer", "last"],
				["speed", "mean"],
			],
		);
	});
});
