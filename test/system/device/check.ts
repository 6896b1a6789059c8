// What of a board can be checked on the board: build it as README.md of this folder says, and read the trace.
// Runs in Moddable's simulator too, as far as that has the parts. It writes into the last sector of the
// partition "mote".

import Debug from "debug";
import { NtcThermistor } from "drivers/ntc-thermistor";
import { Tachometer } from "drivers/tachometer";
import Instrumentation from "instrumentation";
import main from "main";
import config from "mc/config";
import { makeSettings } from "modules/app/settings";
import { SystemClock } from "modules/platform/clock";
import { getDevice } from "modules/platform/device";
import { openFlash } from "modules/platform/flash";
import { PreferenceStore } from "modules/platform/store";
import { SystemTimers } from "modules/platform/timers";
import { type Check, type Done, type Note, runChecks, Skip } from "tap";

interface Options {
	/**
	 * "nothing"; "circuit": README's; "loop": the motor's pin is wired to the thermistor's and the
	 * tachometer's.
	 */
	readonly wired: string;
	/** That have to be delivered. */
	readonly messages: number;
}
const options = () => (config as unknown as { check: Options }).check;

/** Longest wait for the first connection, and for each message after it, ms. */
const CONNECT_MS = 90_000;
const MESSAGE_MS = 20_000;
/** Pause between looks at what was delivered, ms. */
const LOOK_MS = 250;

function memory(): { slots: number; chunks: number; free: number } {
	Debug.gc();
	const get = (name: Parameters<typeof Instrumentation.map>[0]): number => {
		const index = Instrumentation.map(name);
		return index === undefined ? 0 : (Instrumentation.get(index) ?? 0);
	};
	return {
		slots: get("XS Slot Heap Used"),
		chunks: get("XS Chunk Heap Used"),
		free: get("System Free Memory"),
	};
}

/** An alarm that calls back. */
const calling = (due: () => void) => new SystemTimers().create({ due });

const CHECKS: readonly Check[] = Object.freeze([
	Object.freeze({
		name: "the store keeps texts and numbers, also over others",
		run(done: Done) {
			const store = new PreferenceStore();
			store.set("check-a", "first");
			store.set("check-a", "Grüße");
			store.set("check-b", -1);
			const [a, b] = [store.get("check-a"), store.get("check-b")];
			store.delete("check-a");
			store.delete("check-b");
			if (a !== "Grüße" || b !== -1) return done(`got ${a}, ${b}`);
			done(store.get("check-a") === undefined ? undefined : "it is there after delete");
		},
	}),
	Object.freeze({
		name: "the partition mote is erased, written and read",
		run(done: Done, note: Note) {
			const flash = openFlash();
			if (!flash) return done("there is none: see partitions.csv");
			note(`${flash.sectors} sectors of ${flash.sectorBytes} bytes`);
			const last = flash.sectors - 1;
			const at = last * flash.sectorBytes;
			const wrote = Uint8Array.of(1, 2, 3, 4, 0, 255, 170, 85);
			const found = new Uint8Array(8);
			flash.erase(last);
			flash.read(at, found, 8);
			if (found.some((byte) => byte !== 255)) return done(`not erased: ${found.join(" ")}`);
			flash.write(at, wrote, 8);
			flash.read(at, found, 8);
			flash.erase(last);
			done(found.join(" ") === wrote.join(" ") ? undefined : `read ${found.join(" ")}`);
		},
	}),
	Object.freeze({
		name: "a timer of 200 ms takes 200 ms, and the monotonic clock does not go back",
		run(done: Done) {
			const clock = new SystemClock();
			const from = clock.monotonic();
			const alarm = calling(() => {
				const ms = clock.monotonic() - from;
				done(ms >= 195 && ms < 260 ? undefined : `it took ${ms} ms`);
			});
			alarm.start(200);
		},
	}),
	Object.freeze({
		name: "a timer that its own callback has started can be stopped, and started anew for later",
		run(done: Done) {
			let fired = 0;
			let again = 0;
			const stopped = calling(() => {
				fired++;
				stopped.start(60);
			});
			const later = calling(() => {
				again++;
				if (again === 1) later.start(60);
			});
			stopped.start(20);
			later.start(20);
			const judge = calling(() => {
				if (fired !== 1) done(`it fired ${fired} times, not once`);
				else done(again === 1 ? undefined : `the other fired ${again} times, not once`);
			});
			calling(() => {
				stopped.stop();
				later.start(5000);
				judge.start(150);
			}).start(50);
		},
	}),
	Object.freeze({
		name: "every pin of the board opens beside the others, PWM and ADC answer",
		run(done: Done, note: Note) {
			const { io, pin } = getDevice();
			// All at once, as the node has them: a chip has only so many channels.
			const outputs = [pin.led, pin.motor, pin.buzzer].map((output, i) => {
				const pwm = new io.PWM({
					pin: output,
					hz: [1000, 20_000, 50][i] as number,
					resolution: [10, 10, 12][i] as number,
				});
				pwm.write(2 ** pwm.resolution - 1);
				pwm.write(0);
				return pwm;
			});
			const input = new io.Digital({ pin: pin.tachometer, mode: io.Digital.InputPullUp });
			const level = input.read();
			input.close();
			const adc = new io.Analog({ pin: pin.temperature });
			const counts = adc.read();
			const full = 2 ** adc.resolution - 1;
			adc.close();
			for (const pwm of outputs) pwm.close();
			note(`tachometer ${level}, ADC ${counts} of ${full}`);
			done(counts >= 0 && counts <= full ? undefined : "the ADC is out of its range");
		},
	}),
	Object.freeze({
		name: "the thermistor gives a temperature of a room",
		run(done: Done, note: Note) {
			if (options().wired !== "circuit")
				return done(new Skip('no thermistor: config.check.wired is not "circuit"'));
			const { io, pin, adc } = getDevice();
			const { thermistor } = makeSettings();
			const sensor = new NtcThermistor({
				...thermistor,
				adc,
				sensor: { io: io.Analog, pin: pin.temperature },
			});
			const celsius = sensor.read();
			const { fault } = sensor;
			sensor.close();
			note(`${celsius.toFixed(2)} C ${fault}`);
			done(celsius > 0 && celsius < 45 ? undefined : "not that of a room");
		},
	}),
	Object.freeze({
		name: "what goes out at the motor's pin comes in at the ADC",
		run(done: Done, note: Note) {
			if (options().wired !== "loop") return done(new Skip('no wire: config.check.wired is not "loop"'));
			const { io, pin } = getDevice();
			const out = new io.Digital({ pin: pin.motor, mode: io.Digital.Output });
			const adc = new io.Analog({ pin: pin.temperature });
			const full = 2 ** adc.resolution - 1;
			out.write(0);
			const low = adc.read();
			out.write(1);
			const high = adc.read();
			out.write(0);
			out.close();
			adc.close();
			note(`${low} and ${high} of ${full}`);
			// Low may lie below what the ADC measures; high lies above.
			done(low < full * 0.08 && high > full * 0.9 ? undefined : "it does not");
		},
	}),
	Object.freeze({
		name: "edges are counted: the motor turns, or its pin's PWM comes in at the tachometer",
		run(done: Done, note: Note) {
			const { wired } = options();
			if (wired === "nothing") return done(new Skip("nothing is wired: see config.check.wired"));
			const { io, pin } = getDevice();
			const tachometer = new Tachometer({
				input: { io: io.Digital, pin: pin.tachometer },
				pulsesPerRevolution: 1,
				clock: new SystemClock(),
			});
			const pwm = new io.PWM({ pin: pin.motor, hz: wired === "loop" ? 100 : 20_000 });
			pwm.write((2 ** pwm.resolution - 1) >> (wired === "loop" ? 1 : 0));
			calling(() => {
				const hz = tachometer.read() / 60;
				pwm.write(0);
				pwm.close();
				tachometer.close();
				note(`${hz.toFixed(1)} edges a second`);
				if (wired === "loop") done(Math.abs(hz - 100) < 2 ? undefined : "not the 100 that go out");
				else done(hz > 1 ? undefined : "none come");
			}).start(3000);
		},
	}),
	Object.freeze({
		name: "the node connects as its settings say (Wi-Fi, time, TLS, MQTT) and delivers; its memory does not grow",
		run(done: Done, note: Note) {
			const { messages } = options();
			if (messages === 0) return done(new Skip("no network is to be used: config.check.messages is 0"));
			const clock = new SystemClock();
			const node = main();
			let delivered = 0;
			let heardAt = clock.monotonic();
			let resting: ReturnType<typeof memory> | undefined;
			// What was set up once is there after a tenth of the messages.
			const settled = Math.ceil(messages / 10);
			const end = (wrong?: string): void => {
				look.close();
				node.observer = undefined;
				node.stop(() => done(wrong));
			};
			// Not in the observer: that would add to the node's own stack where it is deepest.
			const look = calling(() => {
				look.start(LOOK_MS);
				const waited = clock.monotonic() - heardAt;
				if (waited > (delivered === 0 ? CONNECT_MS : MESSAGE_MS))
					return end(`${delivered} of ${messages} were delivered when nothing more came`);
				if (delivered >= settled) resting ??= memory();
				if (delivered < messages || !resting) return;
				const now = memory();
				if (now.slots === 0) note("no instruments here: nothing is known of the memory");
				else {
					note(
						`after ${settled}: ${resting.slots} bytes of slots, ${resting.chunks} of chunks, ${resting.free} free`,
					);
					note(`after ${delivered}: ${now.slots} bytes of slots, ${now.chunks} of chunks, ${now.free} free`);
				}
				const grown = now.slots - resting.slots + (now.chunks - resting.chunks);
				end(grown > 512 ? `it has grown by ${grown} bytes` : undefined);
			});
			look.start(LOOK_MS);
			node.observer = {
				online: () => note("online"),
				offline: (code, detail) => note(`offline: ${code} ${detail}`),
				delivered: (measures) => {
					delivered += measures;
					heardAt = clock.monotonic();
				},
			};
		},
	}),
]);

export default function start(): void {
	runChecks(CHECKS, () => {});
}
