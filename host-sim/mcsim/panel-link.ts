// What the simulated board and its node exchange with the panel in mcsim (panel/mote.js), as JSON over the
// SDK's `screen`. Without a panel nothing is sent.

import Timer from "timer";
import type { CommandStatus, Observer } from "../../modules/app/observer.js";
import type { Channel, Sample } from "../../modules/core/channels.js";
import type { Circuit } from "../circuit/circuit.js";
import { narrator, type Sentence, together } from "../engine/narration.js";
import { shownValue } from "../engine/words.js";

interface Screen {
	onMessage?: (message: string) => void;
	postMessage(message: string): void;
}

/** What the panel's sliders and switches say. */
interface World {
	ambientC: number;
	noise: number;
	/** 0 to 1. */
	load: number;
	wire: "" | "open";
	stuck: boolean;
	/** There is a network. */
	air: boolean;
}

/** Pause between looks at the circuit, ms. */
const LOOK_MS = 100;
/** Characters of a line. */
const MAX_LINE = 120;

function panel(): Screen | undefined {
	return (globalThis as unknown as { screen?: Screen }).screen;
}

function post(message: object): void {
	panel()?.postMessage(JSON.stringify(message));
}

/**
 * Shows a circuit, and does to it what the panel says; `air` hears whether there is a network, `restart` that
 * the panel's button was pressed.
 */
export function linkCircuit(circuit: Circuit, air: (there: boolean) => void, restart: () => void): void {
	const screen = panel();
	if (!screen) return;
	const listen = (message: string) => {
		const { world, restart: pressed } = JSON.parse(message) as { world?: World; restart?: boolean };
		if (pressed) restart();
		if (!world) return;
		circuit.ambientC = world.ambientC;
		circuit.noise = world.noise;
		circuit.motor.load = world.load;
		circuit.thermistorFault = world.wire;
		circuit.tachometerStuck = world.stuck;
		air(world.air);
	};
	screen.onMessage = listen;
	post({ hello: true });
	let angle = 0;
	const timer = Timer.repeat(() => {
		// A restart begins in the same machine, with a circuit of its own.
		if (screen.onMessage !== listen) return Timer.clear(timer);
		const rpm = circuit.motorRpm;
		angle += (rpm / 60_000) * LOOK_MS * 2 * Math.PI;
		const temperature = circuit.thermistorFault === "" ? circuit.temperatureC : Number.NaN;
		post({ circuit: { temperature, led: circuit.ledPercent, tone: circuit.toneHz, rpm, angle } });
	}, LOOK_MS);
}

/** Shows what the node says and hears. */
export function panelObserver(channels: readonly Channel[]): Observer {
	const panel = new PanelObserver(channels);
	return together(
		panel,
		narrator((sentence) => panel.say(sentence)),
	);
}

class PanelObserver implements Observer {
	readonly #channels: readonly Channel[];
	#measures = 0;

	constructor(channels: readonly Channel[]) {
		this.#channels = channels;
	}

	sampled(values: Sample, _wallMs: number, records: number): void {
		if (records === 0) return this.#line("bad", "a sample that could not be kept");
		const texts = this.#channels.map((channel, i) => shownValue(channel, values[i]));
		this.#line("note", texts.join("   "));
	}
	sending(topic: Uint8Array, records: number, packetId: number, resent: boolean): void {
		const again = resent ? " again" : "";
		this.#line(
			"out",
			`${text(topic, 0, topic.length)}   ${records} record${records > 1 ? "s" : ""}, packet ${packetId}${again}`,
		);
	}
	delivered(measures: number, waiting: number): void {
		this.#measures += measures;
		post({ node: { measures: this.#measures, waiting } });
	}
	received(bytes: Uint8Array, topicStart: number, topicEnd: number, start: number, end: number): void {
		this.#line("in", `${text(bytes, topicStart, topicEnd)}   ${text(bytes, start, end)}`);
	}
	command(text: string, status: CommandStatus, reason: string): void {
		this.#line(
			status === "FAILED" ? "bad" : "in",
			`${text}   ${status}${reason === "" ? "" : `: ${reason}`}`,
		);
	}
	online(): void {
		this.#network("connected");
	}
	offline(_code: string, _detail: string, retryMs: number): void {
		this.#network(retryMs < 0 ? "stopped" : "not connected");
	}
	network(state: number): void {
		this.#network(["joining Wi-Fi", "waiting for the time", "connecting"][state] ?? "");
	}

	/** Something that a person reads. */
	say({ text, level }: Sentence): void {
		this.#line(level === "warn" ? "bad" : "note", text);
	}

	#network(network: string): void {
		post({ node: { network } });
	}
	#line(kind: string, line: string): void {
		post({ line: { kind, text: line.slice(0, MAX_LINE) } });
	}
}

/** Text of the wire for a panel: what is no printable ASCII is shown as a dot. */
function text(bytes: Uint8Array, start: number, end: number): string {
	let shown = "";
	for (let at = start; at < end && at < start + MAX_LINE; at++) {
		const c = bytes[at] as number;
		shown += c >= 32 && c < 127 ? String.fromCharCode(c) : "·";
	}
	return shown;
}
