// Alarms of the temperature, value by value.

import assert from "node:assert/strict";
import { makeSettings } from "../../../modules/app/settings.js";
import { TemperatureAlarm, TemperatureWatch } from "../../../modules/app/temperature-watch.js";

const { High, Low, Sensor } = TemperatureAlarm;

function make(alarms: object): TemperatureWatch {
	const watch = TemperatureWatch.of(makeSettings({ alarms }).alarms);
	assert.ok(watch);
	return watch;
}

/** What is on after each value, all told. */
function on(watch: TemperatureWatch, values: readonly number[]): number[] {
	return values.map((value) => {
		const pending = watch.update(value);
		for (const alarm of [High, Low, Sensor]) if (pending & alarm) watch.told(alarm);
		return [High, Low, Sensor].reduce((sum, alarm) => sum | (watch.isOn(alarm) ? alarm : 0), 0);
	});
}

describe("temperature alarms", () => {
	it("are off unless the settings ask for them", () => {
		assert.equal(TemperatureWatch.of(makeSettings().alarms), undefined);
	});

	it("begin beyond the limit, and end only as far inside as the hysteresis says", () => {
		const watch = make({ highC: 30, lowC: 5, hysteresisC: 2 });
		assert.deepEqual(on(watch, [20, 30, 30.01, 29, 28.01, 28, 30, 5, 4.99, 6.99, 7, 31, -1]), [
			0,
			0,
			High,
			High,
			High,
			0,
			0,
			0,
			Low,
			Low,
			0,
			High,
			Low,
		]);
	});

	it("a sensor is at fault from the third value on that is missing, and the others stay as they are meanwhile", () => {
		const watch = make({ highC: 30, sensor: true });
		const none = Number.NaN;
		assert.deepEqual(on(watch, [31, none, none, 31, none, none, none, none, 31]), [
			...[High, High, High, High, High, High, High | Sensor, High | Sensor, High],
		]);
	});

	it("tell everything with the first value, then only what changes, and again what was not told", () => {
		const watch = make({ highC: 30, lowC: 0 });
		assert.equal(watch.update(20), High | Low);
		watch.told(High);
		assert.equal(watch.update(20), Low);
		watch.told(Low);
		assert.equal(watch.update(20), 0);
		assert.equal(watch.update(31), High);
		assert.equal(watch.update(31), High);
		assert.equal(watch.update(20), 0, "begun and ended untold: the cloud knows no other");
		watch.update(31);
		watch.told(High);
		assert.equal(watch.update(31), 0);
		assert.equal(watch.update(20), High);
	});

	it("tell nothing of what is not watched", () => {
		const watch = make({ lowC: 0 });
		assert.equal(watch.update(1000), Low);
		watch.told(Low);
		for (let i = 0; i < 5; i++) assert.equal(watch.update(Number.NaN), 0);
	});
});
