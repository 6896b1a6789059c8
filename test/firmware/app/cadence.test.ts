// Sensors with an interval of their own.

import assert from "node:assert/strict";
import { Cadence } from "../../../modules/app/cadence.js";
import { makeSettings } from "../../../modules/app/settings.js";

const of = (sampling: object) => Cadence.of(makeSettings({ sampling }).sampling);

/** Which samples, of those at these times, have a temperature, and which a speed. */
function told(sampling: object, times: readonly number[]): [number[], number[]] {
	const cadence = of(sampling);
	const temperatures: number[] = [];
	const speeds: number[] = [];
	for (const time of times) {
		const values = [20, 0, 0, 100];
		const taken = cadence?.thin(values, time) ?? 0;
		const [celsius, led, buzzer, rpm] = values as [number, number, number, number];
		if (!Number.isNaN(celsius)) temperatures.push(time);
		if (!Number.isNaN(rpm)) speeds.push(time);
		assert.equal(taken, Number(Number.isNaN(celsius)) + Number(Number.isNaN(rpm)));
		assert.deepEqual([led, buzzer], [0, 0]);
	}
	return [temperatures, speeds];
}
const every = (ms: number, count: number, jitter = (i: number) => i - i) =>
	Array.from({ length: count }, (_, i) => 1000 + i * ms + jitter(i));

describe("Cadence", () => {
	it("is there only where it is asked for", () => {
		assert.equal(of({}), undefined);
		assert.ok(of({ speedMs: 1 }));
	});

	it("tells each sensor at its own pace, the first sample whole", () => {
		const times = every(1000, 21);
		const [temperatures, speeds] = told({ temperatureMs: 10_000, speedMs: 3000 }, times);
		assert.deepEqual(temperatures, [1000, 11_000, 21_000]);
		assert.deepEqual(speeds, [1000, 4000, 7000, 10_000, 13_000, 16_000, 19_000]);
	});

	it("leaves a sensor in every sample that has no pace of its own, or a faster one", () => {
		const times = every(1000, 5);
		assert.deepEqual(told({ temperatureMs: 3000 }, times)[1], times);
		assert.deepEqual(told({ speedMs: 200 }, times)[1], times);
	});

	it("does not drift, whether timers come early or late", () => {
		for (const jitter of [(i: number) => i % 3, (i: number) => -(i % 3), (i: number) => (i * 7) % 40]) {
			const [temperatures] = told({ temperatureMs: 10_000 }, every(1000, 1000, jitter));
			assert.equal(temperatures.length, 100);
		}
	});

	it("begins a new grid after a standstill instead of making up for it", () => {
		const [temperatures] = told({ temperatureMs: 2000 }, [0, 1000, 50_000, 51_000, 52_000, 53_000, 54_000]);
		assert.deepEqual(temperatures, [0, 50_000, 52_000, 54_000]);
	});

	it("goes not together with a deadband", () => {
		assert.throws(
			() => makeSettings({ sampling: { temperatureMs: 5000, deadbandC: 1 } }),
			/not together with a deadband/,
		);
	});
});
