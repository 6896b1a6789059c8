// The command grammar: every form, every refusal with its reason, and all or nothing.

import assert from "node:assert/strict";
import fc from "fast-check";
import {
	ACTION_MASK,
	Action,
	type Actuators,
	CommandParser,
	DEFAULT_TONE,
	DURATION_RANGE,
	INTERVAL_RANGE,
	MAX_COMMAND_BYTES,
	MAX_COMMANDS,
	TIMES_RANGE,
	TONE_RANGE,
} from "../../../modules/app/commands.js";
import { utf8 } from "../../../modules/cloud/text.js";

const MAX_RPM = 200;
type Call = readonly [name: string, ...values: number[]];

/** Parses a text that lies inside a larger buffer, and carries it out. */
function run(text: string | Uint8Array, parser = new CommandParser({ maxRpm: MAX_RPM })) {
	const bytes = typeof text === "string" ? utf8(text) : text;
	const frame = new Uint8Array(bytes.length + 20).fill(59);
	frame.set(utf8("led on;led"), 0);
	frame.set(bytes, 10);
	const ok = parser.parse(frame, 10, 10 + bytes.length);
	const calls: Call[] = [];
	const actuators: Actuators = {
		led: (...values) => calls.push(["led", ...values]),
		buzzer: (...values) => calls.push(["buzzer", ...values]),
		speed: (...values) => calls.push(["speed", ...values]),
		interval: (...values) => calls.push(["interval", ...values]),
	};
	parser.apply(actuators);
	assert.equal(ok, parser.reason === "", "a refusal has a reason, a success has none");
	if (!ok) assert.deepEqual(calls, [], "nothing of a refused text is carried out");
	return { ok, calls, reason: parser.reason };
}

const accepts = (text: string, ...calls: Call[]) =>
	it(`accepts ${JSON.stringify(text)}`, () => {
		assert.deepEqual(run(text), { ok: true, calls, reason: "" });
	});
const refuses = (text: string, reason: RegExp) =>
	it(`refuses ${JSON.stringify(text.slice(0, 50))}`, () => {
		const got = run(text);
		assert.equal(got.ok, false);
		assert.match(got.reason, reason);
	});

describe("CommandParser", () => {
	it("has bits for each action beside the number of times", () => {
		for (const [name, action] of Object.entries(Action)) assert.equal(action & ACTION_MASK, action, name);
		assert.ok(TIMES_RANGE[1] <= 255 / (ACTION_MASK + 1), "both fit into a byte");
	});

	accepts("led on", ["led", 100]);
	accepts("led off", ["led", 0]);
	accepts("led on\0", ["led", 100]);
	accepts("led on;\0\0\0", ["led", 100]);
	accepts("\ufeffled on", ["led", 100]);
	accepts("led\u00a040%", ["led", 40]);
	accepts("\u3000led\u2003\u202f40%\u00a0", ["led", 40]);
	accepts("led 40%", ["led", 40]);
	accepts("led 0%", ["led", 0]);
	accepts("led 100%", ["led", 100]);
	accepts("led 0.5%", ["led", 0.5]);
	accepts("buzzer on", ["buzzer", DEFAULT_TONE, 0, 1]);
	accepts("buzzer off", ["buzzer", 0, 0, 1]);
	accepts("buzzer 880Hz", ["buzzer", 880, 0, 1]);
	accepts("buzzer 880hz 500ms", ["buzzer", 880, 500, 1]);
	accepts("buzzer on 2s", ["buzzer", DEFAULT_TONE, 2000, 1]);
	accepts("buzzer 50Hz 1min", ["buzzer", 50, 60_000, 1]);
	accepts("buzzer 440.5Hz 0.01s", ["buzzer", 440.5, 10, 1]);
	accepts("buzzer 880Hz 200ms 3x", ["buzzer", 880, 200, 3]);
	accepts("buzzer on 10ms 20X", ["buzzer", DEFAULT_TONE, 10, 20]);
	accepts("buzzer on 10ms 1x", ["buzzer", DEFAULT_TONE, 10, 1]);
	refuses("buzzer on 10ms 0x", /0x is outside 1 to 20 times/);
	refuses("buzzer on 10ms 21x", /21x is outside 1 to 20 times/);
	refuses("buzzer on 10ms 2.5x", /"2.5x" is not a number of times/);
	refuses("buzzer on 10ms 3", /"3" is not a number of times/);
	refuses("buzzer on 10ms x", /"x" is not a number of times/);
	refuses("buzzer on 10ms 3x 3x", /too much/);
	refuses("buzzer on 3x", /"3x" is not a duration/);
	accepts("speed 50", ["speed", 50]);
	accepts("speed 50rpm", ["speed", 50]);
	accepts("speed 12.5RPM", ["speed", 12.5]);
	accepts("speed stop", ["speed", 0]);
	accepts("speed off", ["speed", 0]);
	accepts("speed 0", ["speed", 0]);
	accepts(`speed ${MAX_RPM}`, ["speed", MAX_RPM]);
	accepts("interval 5s", ["interval", 5000]);
	accepts("interval 500ms", ["interval", 500]);
	accepts("interval 2min", ["interval", 120_000]);
	accepts("interval 0.1s", ["interval", 100]);
	accepts("interval 1440min", ["interval", INTERVAL_RANGE[1]]);
	accepts("LED On", ["led", 100]);
	accepts("  led\t40%\r\n", ["led", 40]);
	accepts("Buzzer 880HZ 500MS", ["buzzer", 880, 500, 1]);
	accepts(
		"led on;buzzer off;speed 50;interval 5s",
		["led", 100],
		["buzzer", 0, 0, 1],
		["speed", 50],
		["interval", 5000],
	);
	accepts(" led on ; led off ;", ["led", 100], ["led", 0]);
	accepts(";;led on;; ;", ["led", 100]);
	accepts(Array(MAX_COMMANDS).fill("led on").join(";"), ...Array<Call>(MAX_COMMANDS).fill(["led", 100]));

	refuses("", /^no command$/);
	refuses("led on\0x", /"on\\x00x" is not on, off/);
	refuses("l\u200bed on", /unknown command "l\\u\{200b\}ed"/);
	refuses("led on\u202e", /"on\\u\{202e\}" is not on, off/);
	refuses("led\u00ad on", /unknown command "led\\xad"/);
	refuses("\x1b[2J", /unknown command "\\x1b\[2J"/);
	refuses("\ufeff", /^no command$/);
	refuses("\0\0", /^no command$/);
	refuses("led \ufeffon", /"\\u\{feff\}on" is not on/);
	refuses("   ", /^no command$/);
	refuses(";;;", /^no command$/);
	refuses("lamp on", /unknown command "lamp".*led, buzzer, speed and interval/);
	refuses("ledon", /unknown command "ledon"/);
	refuses("le", /unknown command/);
	refuses("led", /led.*missing/);
	refuses("led ;on", /led.*missing/);
	refuses("buzzer", /buzzer.*missing/);
	refuses("speed", /speed.*missing/);
	refuses("interval", /interval.*missing/);
	refuses("led 40", /"40" is not on, off or a brightness/);
	refuses("led 40 %", /"40" is not/);
	refuses("led %", /"%" is not/);
	refuses("led 40%%", /"40%%" is not/);
	refuses("led 1e1%", /"1e1%" is not/);
	refuses("led 040%", /"040%" is not/);
	refuses("led 4.%", /"4.%" is not/);
	refuses("led .5%", /".5%" is not/);
	refuses("led +5%", /"\+5%" is not/);
	refuses("led 1-2%", /"1-2%" is not/);
	refuses("led bright", /"bright" is not/);
	refuses("led 101%", /101% is outside 0 to 100 %/);
	refuses("led 100.001%", /outside 0 to 100/);
	refuses("led -1%", /-1% is outside 0 to 100/);
	refuses(`led ${"9".repeat(400)}%`, /outside 0 to 100/);
	refuses("led on on", /"on" is too much/);
	refuses("led on 40%", /"40%" is too much/);
	refuses("buzzer 880", /"880" is not on, off or a tone/);
	refuses("buzzer 880kHz", /"880kHz" is not/);
	refuses("buzzer 49Hz", /49Hz is outside 50 to 10000 Hz/);
	refuses("buzzer 10001Hz", /outside 50 to 10000 Hz/);
	refuses("buzzer 0Hz", /outside 50 to 10000 Hz/);
	refuses("buzzer 880Hz 500", /"500" is not a duration/);
	refuses("buzzer 880Hz 9ms", /9ms is outside 10 to 60000 ms/);
	refuses("buzzer 880Hz 61s", /61s is outside 10 to 60000 ms/);
	refuses("buzzer 880Hz 500ms 500ms", /number of times/);
	refuses("buzzer off 500ms", /"500ms" is too much/);
	refuses("speed fast", /"fast" is not stop or a speed/);
	refuses("speed 50 rpm", /"rpm" is too much/);
	refuses("speed 50rps", /"50rps" is not/);
	refuses(`speed ${MAX_RPM + 1}`, /201 is outside 0 to 200 rpm/);
	refuses("speed -5", /-5 is outside 0 to 200 rpm/);
	refuses("interval 5", /"5" is not a duration/);
	refuses("interval 99ms", /99ms is outside 100 to 86400000 ms/);
	refuses("interval 1441min", /outside 100/);
	refuses("interval 5h", /"5h" is not a duration/);
	refuses("interval -5s", /outside/);
	refuses("led on;fly", /unknown command "fly"/);
	refuses("fly;led on", /unknown command "fly"/);
	refuses("led on;speed 50;interval 1ms", /outside 100/);
	refuses(
		Array(MAX_COMMANDS + 1)
			.fill("led on")
			.join(";"),
		/more than 8 commands/,
	);
	refuses("led\u0000on", /unknown command/);

	it("takes texts of up to 512 bytes and refuses longer ones", () => {
		assert.equal(run("led on".padEnd(MAX_COMMAND_BYTES)).ok, true);
		const long = run("led on".padEnd(MAX_COMMAND_BYTES + 1));
		assert.deepEqual([long.ok, long.reason], [false, "longer than 512 bytes"]);
	});

	it("keeps the bounds of every range exactly", () => {
		const bounds: Array<[command: (n: number) => string, range: readonly [number, number], step: number]> = [
			[(n) => `led ${n}%`, [0, 100], 1],
			[(n) => `buzzer ${n}Hz`, TONE_RANGE, 1],
			[(n) => `buzzer on ${n}ms`, DURATION_RANGE, 1],
			[(n) => `speed ${n}`, [0, MAX_RPM], 1],
			[(n) => `interval ${n}ms`, INTERVAL_RANGE, 1],
		];
		for (const [command, [low, high], step] of bounds) {
			assert.equal(run(command(low)).ok, true, command(low));
			assert.equal(run(command(high)).ok, true, command(high));
			assert.equal(run(command(low - step)).ok, false, command(low - step));
			assert.equal(run(command(high + step)).ok, false, command(high + step));
		}
	});

	it("cuts what it repeats of a long word, and says something about a word that is not UTF-8", () => {
		assert.match(run("x".repeat(300)).reason, /"x{40}"/);
		assert.match(run(Uint8Array.of(0xff, 0xfe)).reason, /unknown command/);
	});

	it("repeats the beginning of a long word beyond ASCII as well", () => {
		for (const shift of ["", "a", "ab", "abc"])
			for (const character of ["ü", "温", "𝄞"])
				assert.match(run(shift + character.repeat(50)).reason, new RegExp(`"${shift}${character}`, "u"));
	});

	it("forgets the last text at the next one", () => {
		const parser = new CommandParser({ maxRpm: MAX_RPM });
		assert.equal(run("led on;speed 5", parser).calls.length, 2);
		assert.equal(run("x", parser).ok, false);
		assert.deepEqual(run("buzzer 100Hz 20ms", parser).calls, [["buzzer", 100, 20, 1]]);
		assert.deepEqual(
			run("buzzer 100Hz", parser).calls,
			[["buzzer", 100, 0, 1]],
			"no duration of the last one",
		);
	});

	it("keeps to the tones of the board, before anything moves", () => {
		const on = (tones: readonly [number, number], text: string) =>
			run(text, new CommandParser({ maxRpm: MAX_RPM, tones }));
		assert.match(on([77, 19_500], "led on; buzzer 76Hz").reason, /76Hz is outside 77 to 10000 Hz/);
		assert.deepEqual(on([77, 19_500], "buzzer 77Hz").calls, [["buzzer", 77, 0, 1]]);
		assert.match(on([20, 4000], "buzzer 4001Hz").reason, /outside 50 to 4000 Hz/);
		assert.match(on([1000, 4000], "led on; buzzer on").reason, /outside 1000 to 4000 Hz/);
		assert.equal(on([1000, 4000], "buzzer off").ok, true);
	});

	it("reads every number of its grammar as JavaScript does", () => {
		fc.assert(
			fc.property(fc.double({ min: 0, max: MAX_RPM, noNaN: true }), (rpm) => {
				const digits = rpm.toFixed(12).replace(/\.?0+$/, "");
				assert.deepEqual(run(`speed ${digits}`).calls, [["speed", Number(digits)]]);
			}),
		);
	});

	it("never throws, and carries out only values in range, for any bytes", () => {
		const words = [
			"led",
			"buzzer",
			"speed",
			"interval",
			"on",
			"off",
			"stop",
			"%",
			"hz",
			"rpm",
			"ms",
			"s",
			"min",
			";",
			" ",
		];
		const grammar = fc
			.array(
				fc.oneof(fc.constantFrom(...words), fc.integer().map(String), fc.constantFrom("-", ".", "1e5", "\t")),
				{
					maxLength: 30,
				},
			)
			.map((parts) => utf8(parts.join("")));
		let good = 0;
		fc.assert(
			fc.property(fc.oneof(grammar, fc.uint8Array({ maxLength: 600 })), (bytes) => {
				for (const [name, value, duration] of run(bytes).calls) {
					good++;
					const v = value as number;
					if (name === "led") assert.ok(v >= 0 && v <= 100);
					else if (name === "speed") assert.ok(v >= 0 && v <= MAX_RPM);
					else if (name === "interval") assert.ok(v >= INTERVAL_RANGE[0] && v <= INTERVAL_RANGE[1]);
					else {
						assert.ok(v === 0 || (v >= TONE_RANGE[0] && v <= TONE_RANGE[1]));
						assert.ok(duration === 0 || (duration as number) >= DURATION_RANGE[0]);
					}
				}
			}),
			{ numRuns: 3000, examples: [[utf8("led on;speed 5;buzzer on")]] },
		);
		assert.ok(good > 0);
	});
});
