// Child devices: parts of the node that the cloud shows as devices of their own. Their rows go on topics that
// end with their ids; operations for them come to the device, with their ids in the second column.
//
//   101,<id>,<name>,<type>     on s/us, before anything else is said of it
//   114,<operations>           on s/us/<id>
//
// A target is 0 for the device, 1 for the first child, and so on; it is the route in both lanes.

import { equals } from "../../core/bytes.js";
import type { RouteShape } from "../../outbox/lane.js";
import type { OpeningStep, Portion } from "../cloud.js";
import { placesOf, targetsOf } from "../portions.js";
import { utf8 } from "../text.js";
import { encoderOf, UP } from "./lanes.js";
import { MessageId, Operation } from "./message-ids.js";
import { hashOf } from "./notifications.js";
import { type Relay, relayOf } from "./relays.js";
import { quoteColumn, type RowReader } from "./rows.js";
import { type ChildSettings, type CumulocitySettings, childId } from "./settings.js";

const NOTHING = utf8("");
/** Twice the longest name of the settings, for doubled quotes. */
const MAX_NAME = 128;

export class Children {
	/** Of the targets that have channels, in their order. */
	readonly portions: Portion[] = [];
	/** Routes of the children. */
	readonly measures: RouteShape[] = [];
	readonly events: RouteShape[] = [];
	/** Largest sample of one of them, bytes, and the time stamps in it. */
	recordBytes = 0;
	stamps = 0;
	private readonly settings: CumulocitySettings;
	readonly count: number;
	private readonly ids: Uint8Array[] = [];
	/** Target of each channel. */
	private readonly targets: readonly number[];

	/** `measures`: the topic of the device's. */
	constructor(settings: CumulocitySettings, measures: string) {
		this.settings = settings;
		this.count = Object.keys(settings.children).length;
		this.targets = targetsOf(settings.children, settings.channels);
		for (let target = 0; target <= this.count; target++) {
			if (target > 0) this.name(target, measures);
			if (this.targets.includes(target)) this.encode(target, placesOf(this.targets, target));
		}
	}

	private name(target: number, measures: string): void {
		const id = this.idOf(target);
		this.ids.push(utf8(id));
		this.measures.push(route(`${measures}/${id}`, !this.targets.includes(target)));
		this.events.push(route(`s/us/${id}`, true));
	}

	private encode(target: number, places: number[]): void {
		const encoder = encoderOf(this.settings, places, target);
		this.recordBytes = Math.max(this.recordBytes, encoder.recordBytes);
		this.stamps = Math.max(this.stamps, encoder.stamps);
		this.portions.push({ route: target, places, encoder });
	}

	/** The target of a channel, by its place in a sample. */
	targetOf(place: number): number {
		return this.targets[place] ?? 0;
	}
	/** The target that the row's second column names, or -1. */
	find(rows: RowReader): number {
		const { ids } = this;
		for (let i = 0; i < ids.length; i++)
			if (equals(rows.text, rows.start(1), rows.end(1), ids[i] as Uint8Array)) return i + 1;
		return -1;
	}
	/** The external id of a target that is a child. */
	idOf(target: number): string {
		const [name, child] = this.entry(target);
		return childId(this.settings.device.id, name, child);
	}
	private entry(target: number): [name: string, child: ChildSettings] {
		return Object.entries(this.settings.children)[target - 1] as [string, ChildSettings];
	}
	/** The target with this external id; 0 if there is none. */
	targetNamed(id: string): number {
		for (let target = this.count; target > 0; target--) if (this.idOf(target) === id) return target;
		return 0;
	}
	/** The target whose external id has this hash; 0 if there is none. */
	targetHashed(hash: number): number {
		for (let i = 0; i < this.ids.length; i++) if (hashOf(this.ids[i] as Uint8Array) === hash) return i + 1;
		return 0;
	}
	/** What 518 for a child switches; made when it is needed. */
	relayOf(target: number): Relay | undefined {
		if (target === 0) return undefined;
		const [, { relay }] = this.entry(target);
		return relay === "none" ? undefined : relayOf(relay, this.settings.motor.maxRpm);
	}
	/** Whether operations of this kind are carried out for a child. */
	supports(target: number, id: number): boolean {
		return (
			id === Operation.MeasurementRequest || (id === Operation.Relay && this.relayOf(target) !== undefined)
		);
	}

	/** The i-th step of the opening: each is made, and then says which operations it takes. */
	step(i: number): OpeningStep {
		const target = 1 + (i >> 1);
		const makes = (i & 1) === 0;
		const payload = utf8(makes ? this.row(target) : this.operations(target));
		return { kind: "publish", topic: makes ? UP : this.topicOf(target), payload, qos: 1, retain: false };
	}

	private row(target: number): string {
		const [name, child] = this.entry(target);
		const shown = quoteColumn(child.name === "" ? name : child.name, MAX_NAME);
		return `${MessageId.CreateChild},${this.idOf(target)},${shown},${quoteColumn(child.type, MAX_NAME)}\n`;
	}
	private operations(target: number): string {
		const relay = this.relayOf(target) ? ",c8y_Relay" : "";
		return `${MessageId.SupportedOperations},c8y_MeasurementRequestOperation${relay}\n`;
	}
	private topicOf(target: number): Uint8Array {
		return (this.events[target - 1] as RouteShape).topic;
	}
}

function route(topic: string, seldom: boolean): RouteShape {
	return { topic: utf8(topic), prefix: NOTHING, numberAt: -1, seldom };
}
