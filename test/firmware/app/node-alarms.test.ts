// The node in virtual time: alarms of the temperature.

import assert from "node:assert/strict";
import { EPOCH } from "../../support/virtual-time.js";
import { FakeCloud, setup } from "./node-fixture.js";

describe("MoteNode: alarms", () => {
	class AlarmCloud extends FakeCloud {
		readonly alarms: unknown[][] = [];
		room = true;
		alarm(...alarm: unknown[]): boolean {
			if (this.room) this.alarms.push(alarm);
			return this.room;
		}
	}

	it("tells one that begins and ends, and again what it had no room for", () => {
		const cloud = new AlarmCloud();
		const { node, time, board, lines } = setup({
			cloud,
			settings: { channels: { temperature: { high: 30, hysteresis: 2 } }, alarms: { severity: "MINOR" } },
		});
		board.values = [20, 0, 0, 0];
		node.start();
		time.advance(3500);
		assert.deepEqual(cloud.alarms, [
			["TemperatureHigh", "MINOR", false, "temperature 20.00 C", EPOCH + 1000, 0],
		]);
		cloud.room = false;
		board.values = [30.5, 0, 0, 0];
		time.advance(3000);
		cloud.room = true;
		time.advance(2000);
		assert.deepEqual(cloud.alarms.slice(1), [
			["TemperatureHigh", "MINOR", true, "temperature 30.50 C", EPOCH + 7000, 0],
		]);
		assert.ok(lines.includes("warn: alarm High: temperature 30.50 C"));
		board.values = [28.1, 0, 0, 0];
		time.advance(2000);
		assert.equal(cloud.alarms.length, 2);
		board.values = [28, 0, 0, 0];
		time.advance(2000);
		assert.equal(cloud.alarms[2]?.[2], false);
	});

	it("does without a cloud that has a place for them, and without settings watches nothing", () => {
		const { node, time, board, lines } = setup({ settings: { channels: { temperature: { low: 0 } } } });
		board.values = [-5, 0, 0, 0];
		node.start();
		time.advance(5000);
		assert.equal(lines.filter((line) => line.startsWith("warn: alarm")).length, 1);
		const cloud = new AlarmCloud();
		const other = setup({ cloud });
		other.board.values = [Number.NaN, 1, 1, 1];
		other.node.start();
		other.time.advance(10_000);
		assert.deepEqual(cloud.alarms, []);
	});
});
