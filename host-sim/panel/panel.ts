// The panel of a run: what happens goes to the page, what the page asks for goes to the circuit, the line,
// the clock, the broker and the node.

import type { Observer } from "../../modules/app/observer.js";
import type { Channel } from "../../modules/core/channels.js";
import type { EmbeddedCloud } from "../cloud/embedded-cloud.js";
import type { CloudEvent } from "../cloud/events.js";
import { Line } from "../engine/line.js";
import type { Sentence } from "../engine/narration.js";
import { Actions, type PanelRun, SettableTime } from "./actions.js";
import { type CapturedFrame, writeCapture } from "./capture.js";
import { cumulocityView, operationView } from "./cumulocity-view.js";
import { Feed } from "./feed.js";
import { PanelServer } from "./server.js";
import { Wire } from "./wire.js";

const LOOK_MS = 100;
const MEMORY_MS = 1000;
const MAX_CAPTURE_BYTES = 16 * 1024 * 1024;
const MAX_SHOWN = 50;
const MAX_SERIES = 64;

/** The last value of a series in the cloud, and how many there were. */
interface Came {
	readonly text: string;
	readonly unit: string;
	readonly at: number;
	readonly count: number;
}

/** Whom a panel is about. */
export interface PanelSubject {
	readonly device: string;
	readonly cloud: string;
	readonly board: string;
	/** Whether the broker is the embedded one. */
	readonly embedded: boolean;
	readonly maxRpm: number;
	readonly keep: string;
	/** What a sample has. */
	readonly channels: readonly Channel[];
}

export class Panel {
	readonly line = new Line();
	readonly time = new SettableTime();
	readonly #feed: Feed;
	readonly #server: PanelServer;
	readonly #wire: Wire;
	readonly #actions: Actions;
	readonly #captured: CapturedFrame[] = [];
	/** A cloud's name of a series → the channel's key. */
	readonly #series = new Map<string, string>();
	/** What came last of each channel. */
	readonly #came = new Map<string, Came>();
	readonly #subject: PanelSubject;
	#capturedBytes = 0;
	#run: PanelRun | undefined;
	#timer: NodeJS.Timeout | undefined;
	#looks = 0;

	constructor(subject: PanelSubject) {
		this.#subject = subject;
		const channels = subject.channels.map(({ key, unit, decimals, from }) => ({
			...{ key, unit, decimals },
			from: typeof from === "string" ? from : from.part,
		}));
		// SAP knows a channel by its property; elsewhere series are called like the channels here.
		for (const { key, property } of subject.channels)
			this.#series.set(subject.cloud === "sap" ? property : key, key);
		this.#feed = new Feed({ ...subject, started: Date.now(), channels });
		this.#actions = new Actions(this.line, this.time, this.#feed);
		this.#server = new PanelServer(this.#feed, {
			act: (action, value) => this.#actions.act(this.#run, action, value),
			capture: () => writeCapture(this.#captured),
		});
		this.#wire = new Wire(subject.cloud === "cumulocity", (packet, frame) => {
			this.#feed.wire(packet);
			this.#capture({ at: packet.at, connection: packet.connection, direction: packet.direction, frame });
		});
		this.line.onBytes = (connection, direction, bytes) => this.#wire.push(connection, direction, bytes);
	}

	get url(): string {
		return this.#server.url;
	}

	async start(port: number): Promise<void> {
		await this.#server.start(port);
	}

	/** From here on there is something to show. */
	watch(run: PanelRun): void {
		this.#run = run;
		const parts = run.machine.circuit.parts.map(({ id, name, controls }) => ({
			...{ id, name },
			controls: controls.map(({ value: _now, ...control }) => control),
		}));
		this.#feed.about = { ...this.#feed.about, parts };
		if (run.cloud) run.cloud.onEvent = (event) => this.#cloudEvent(event);
		this.#timer = setInterval(() => {
			this.#look().catch((error: Error) =>
				this.#feed.said({ at: Date.now(), text: `not shown: ${error.message}`, level: "warn" }),
			);
		}, LOOK_MS);
	}

	/** What the page's curve shows. */
	readonly observer: Observer = {
		sampled: (values, wallMs) => {
			// While the time is not known the laptop's has to do for the curve.
			const at = wallMs >= 0 ? wallMs : Date.now();
			this.#feed.sampled({ at, values: values.map((value) => (Number.isNaN(value) ? null : value)) });
		},
	};

	/** Something that a person reads. */
	say({ text, level }: Sentence): void {
		this.#feed.said({ at: Date.now(), text, level });
	}

	booted(boots: number): void {
		this.#actions.powered = true;
		this.#feed.said({ at: Date.now(), text: boots > 1 ? `boot ${boots}` : "the node boots", level: "info" });
	}

	async close(): Promise<void> {
		clearInterval(this.#timer);
		await this.#server.close();
	}

	#capture(frame: CapturedFrame): void {
		this.#captured.push(frame);
		this.#capturedBytes += frame.frame.length;
		while (this.#capturedBytes > MAX_CAPTURE_BYTES)
			this.#capturedBytes -= this.#captured.shift()?.frame.length ?? 0;
	}

	#cloudEvent(event: CloudEvent): void {
		const feed = this.#feed;
		if (event.kind === "stored") {
			const { series: name, value, time: at, arrived, text, unit } = event.value;
			const series = this.#series.get(name) ?? name;
			feed.stored({ at, arrived, series, value });
			const count = (this.#came.get(series)?.count ?? 0) + 1;
			if (count > 1 || this.#came.size < MAX_SERIES) this.#came.set(series, { text, unit, at, count });
		} else if (event.kind === "operation") this.#operation(event.id);
		// Each first connection of a boot ends what the boot before may have left executing, mostly nothing.
		else if (event.kind === "error" && /^45,502,No EXECUTING/.test(event.text)) return;
		else if (event.kind === "warning" || event.kind === "error")
			feed.said({ at: Date.now(), text: `the cloud: ${event.text}`, level: "warn" });
		else if (event.kind === "refused")
			feed.said({ at: Date.now(), text: `the broker refused a client: ${event.reason}`, level: "warn" });
	}

	/** An operation of Cumulocity as it stands now. */
	#operation(id: string): void {
		if (this.#subject.cloud !== "cumulocity") return; // others tell the outcome alone, which is known already
		const operation = this.#run?.cloud?.cumulocity.tenant.operations.get(id);
		if (!operation) return;
		this.#feed.command(operationView(operation, this.#subject.device));
	}

	async #look(): Promise<void> {
		const run = this.#run;
		if (!run) return;
		const turn = this.#looks++;
		const { watched } = this.#feed;
		// Once a second also while nobody watches: whoever comes later sees how the ring was.
		const status = turn % (watched ? 5 : 10) === 0 ? await run.machine.status() : undefined;
		if (status) this.#feed.ring({ at: Date.now(), used: status.used });
		if (!watched) return;
		const { circuit } = run.machine;
		const round = (value: number) => Math.round(value * 100) / 100;
		this.#feed.now({
			circuit: {
				led: round(circuit.ledPercent),
				toneHz: circuit.toneHz,
				rpm: round(circuit.motorRpm),
				duty: round(circuit.motor.duty * 100),
				celsius: round(circuit.temperatureC),
			},
			world: {
				ambient: circuit.ambientC,
				swing: circuit.swingC,
				load: Math.round(circuit.motor.load * 100),
				noise: circuit.noise,
				thermistor: circuit.thermistorFault,
				stuck: circuit.tachometerStuck,
				cut: this.line.cut,
				slowMs: this.line.delayMs,
				clockMs: this.time.offsetMs,
				clockSettable: this.#actions.clockSettable,
				broker: !this.#actions.brokerStops,
				powered: this.#actions.powered,
			},
			parts: circuit.parts.map(({ reading, controls }) => ({
				reading,
				values: controls.map(({ value }) => value),
			})),
		});
		if (turn % 5 === 0) this.#feed.now({ node: status ?? null, ...this.#cloudView() });
		if (turn % Math.round(MEMORY_MS / LOOK_MS) === 0) {
			const memory = await run.machine.memory(false);
			this.#actions.clockSettable = memory !== undefined;
			this.#feed.now({ memory: memory ?? null });
		}
	}

	/** Alarms and events of a plain broker; on SAP there are none. */
	#told(cloud: EmbeddedCloud): Record<string, unknown> {
		if (cloud.cloud !== "plain") return {};
		const told = cloud.plain.devices.get(this.#subject.device)?.told.slice(-MAX_SHOWN) ?? [];
		const of = (wanted: string) =>
			told
				.filter(({ kind }) => kind === wanted)
				.map(({ type, text, status, time = 0 }) => ({
					type,
					text,
					status,
					time,
					severity: status,
					count: 1,
				}));
		return { alarms: of("alarm"), events: of("event") };
	}

	/** What the cloud knows of the device. */
	#cloudView(): Record<string, unknown> {
		const cloud = this.#run?.cloud;
		const { device } = this.#subject;
		if (!cloud) return {};
		const online = cloud.connected(device);
		const samples = cloud.samples(device);
		const keys = this.#subject.channels.map(({ key }) => key);
		/** In the channels' order; what is no channel is last. */
		const place = (series: string) => (keys.includes(series) ? keys.indexOf(series) : keys.length);
		const came = [...this.#came]
			.map(([series, last]) => ({ series, ...last }))
			.sort((a, b) => place(a.series) - place(b.series));
		if (cloud.cloud !== "cumulocity") return { cloud: { online, samples, came, ...this.#told(cloud) } };
		return { cloud: { online, samples, came, ...cumulocityView(cloud.cumulocity.tenant, device) } };
	}
}
