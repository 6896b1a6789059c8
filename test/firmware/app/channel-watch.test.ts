// Alarms of a channel, value by value.

import assert from "node:assert/strict";
import { ChannelAlarm, ChannelWatch } from "../../../modules/app/channel-watch.js";
import { makeSettings } from "../../../modules/app/settings.js";

const { High, Low, Sensor } = ChannelAlarm;

function make(temperature: object): ChannelWatch {
	const [watch] = ChannelWatch.of(makeSettings({ channels: { temperature } }).channels) ?? [];
	assert.ok(watch);
	return watch;
}

/** What is on after each value, all told. */
function on(watch: ChannelWatch, values: readonly number[]): number[] {
	return values.map((value) => {
		const pending = watch.update(value);
		for (const alarm of [High, Low, Sensor]) if (pending & alarm) watch.told(alarm);
		return [High, Low, Sensor].reduce((sum, alarm) => sum | (watch.isOn(alarm) ? alarm : 0), 0);
	});
}

describe("alarms of a channel", () => {
	it("are off unless the settings ask for them", () => {
		assert.equal(ChannelWatch.of(makeSettings().channels), undefined);
		const { channels } = makeSettings({ channels: { speed: { high: 150 }, led: { missing: true } } });
		assert.deepEqual(
			ChannelWatch.of(channels)?.map(({ place, channel }) => [place, channel.key]),
			[
				[1, "led"],
				[3, "speed"],
			],
		);
	});

	it("begin beyond the limit, and end only as far inside as the hysteresis says", () => {
		const watch = make({ high: 30, low: 5, hysteresis: 2 });
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
		const watch = make({ high: 30, missing: true });
		const none = Number.NaN;
		assert.deepEqual(on(watch, [31, none, none, 31, none, none, none, none, 31]), [
			...[High, High, High, High, High, High, High | Sensor, High | Sensor, High],
		]);
	});

	it("tell everything with the first value, then only what changes, and again what was not told", () => {
		const watch = make({ high: 30, low: 0 });
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

	it("say nothing of limits while there is no value, and of the sensor only after three", () => {
		const watch = make({ high: 30, missing: true });
		assert.deepEqual([watch.update(Number.NaN), watch.update(Number.NaN)], [0, 0]);
		assert.equal(watch.update(Number.NaN), Sensor);
		assert.equal(watch.update(20), High | Sensor);
	});

	it("tell nothing of what is not watched", () => {
		const watch = make({ low: 0 });
		assert.equal(watch.update(1000), Low);
		watch.told(Low);
		for (let i = 0; i < 5; i++) assert.equal(watch.update(Number.NaN), 0);
	});
});
