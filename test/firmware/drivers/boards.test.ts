// Each board's pins, claimed all together as at boot, on a model of what the SDK's IO has to give on its
// chip: channels and timers of PWM, the range of its dividers, the voltages of the ADC.

import assert from "node:assert/strict";
import { ADC, TONES } from "../../../drivers/esp32.js";
import { NodeBoard } from "../../../drivers/node-board.js";
import { checkLedc, Ledc } from "../../../host-sim/circuit/ledc.js";
import { BOARDS, boardManifest } from "../../../host-sim/engine/boards.js";
import { TONE_RANGE } from "../../../modules/app/commands.js";
import { makeSettings } from "../../../modules/app/settings.js";
import { emptySample } from "../../../modules/core/channels.js";
import { DEFAULT_TABLE } from "../../../modules/core/default-channels.js";
import { bench, PINS } from "./bench.js";

/** LEDC channels of low speed (soc_caps.h of ESP-IDF v6.0). */
const CHANNELS: Readonly<Record<string, number>> = { esp32: 8, esp32s3: 8, esp32c3: 6 };
/** Channels 4 to 7: what the SDK gives out unless the manifest says otherwise. */
const SDK_MAP = 0xf0;

function count(map: number, channels: number): number {
	return [...(map & (2 ** channels - 1)).toString(2)].filter((bit) => bit === "1").length;
}

function channelsOf(folder: string): number {
	const { build } = boardManifest(folder);
	const flags = build.C_FLAGS_SUBPLATFORM ?? "";
	// mcconfig escapes each blank, so that two flags become one; a tab it leaves alone.
	assert.doesNotMatch(flags, / /);
	const map = /\t-DMODDEF_PWM_LEDC_CHANNEL_MAP=(0x[\dA-F]+)/.exec(flags)?.[1];
	if (map !== undefined)
		assert.match(flags, /^-DMODDEF_PWM_LEDC_CHANNEL\t/, "without it the SDK's map stays");
	return count(
		map === undefined ? SDK_MAP : Number(map),
		CHANNELS[build.ESP32_SUBCLASS ?? "esp32"] as number,
	);
}

function boot(ledc: Ledc) {
	const { io, time, circuit } = bench(undefined, ledc);
	const { led, ...settings } = makeSettings();
	const board = new NodeBoard({
		...{ io, pin: PINS, adc: ADC, tones: TONES, led, ...settings, clock: time, timers: time },
	});
	return { board, circuit, time };
}

describe("boards", () => {
	for (const folder of BOARDS)
		it(`${folder} has channels and timers for LED, motor and every tone at once`, () => {
			const { board, circuit, time } = boot(new Ledc(channelsOf(folder)));
			board.led(40);
			board.speed(100);
			time.advance(5000);
			for (const hz of [TONE_RANGE[0], 76, 77, 880, 4000, TONE_RANGE[1], TONES[0], TONES[1]]) {
				board.buzzer(hz, 0);
				assert.equal(circuit.toneHz, hz);
			}
			assert.ok(circuit.motorRpm > 90);
			board.close();
		});

	it("finds at the start that a channel is missing, not at the first tone", () => {
		// As on a C3 with the SDK's own map.
		assert.throws(() => boot(new Ledc(count(SDK_MAP, CHANNELS.esp32c3 as number))), /can't configure/);
	});

	it("gives the buzzer a range that its hardware has, and a command stays within both", () => {
		for (const hz of TONES) checkLedc(hz, 12);
		assert.throws(() => checkLedc(TONES[0] - 1, 12));
		assert.throws(() => checkLedc(76, 10), /configure ledc timer failed/);
		assert.ok(TONES[0] <= TONE_RANGE[0] && TONES[1] >= TONE_RANGE[1]);
	});

	it("measures what the circuit's thermistor has", () => {
		const { board, circuit } = boot(new Ledc());
		const values = emptySample(DEFAULT_TABLE);
		board.sample(values);
		assert.ok(Math.abs((values[0] as number) - circuit.temperatureC) < 0.5);
	});
});
