// Child devices: parts of the node that the cloud shows as devices of their own. Their rows go on topics that
// end with their ids; operations for them come to the device, with their ids in the second column.
//
//   101,<id>,<name>,<type>     on s/us, before anything else is said of it
//   114,<operations>           on s/us/<id>
//
// A target is 0 for the device, 1 for the first child, and so on; it is the route in both lanes.

import { equals } from "../../core/bytes.js";
import type { Channel } from "../../core/channels.js";
import type { RouteShape } from "../../outbox/lane.js";
import type { Portion } from "../cloud.js";
import { placesLeft, placesOf } from "../portions.js";
import { utf8 } from "../text.js";
import type { CumulocityMeasures } from "./measures.js";
import { MessageId, Operation } from "./message-ids.js";
import type { OwnMeasures } from "./own-measures.js";
import { type Relay, relayOf } from "./relays.js";
import { quoteColumn, type RowReader } from "./rows.js";
import { type CumulocitySettings, childId } from "./settings.js";

const NOTHING = utf8("");
/** Twice the longest name of the settings, for doubled quotes. */
const MAX_NAME = 128;

/** What turns samples of some channels into rows. */
type Encoder = CumulocityMeasures | OwnMeasures;

export class Children {
	/** Of the targets that have channels, in their order. */
	readonly portions: readonly Portion[];
	/** Routes of the children on the topics that begin so. */
	readonly measures: readonly RouteShape[];
	readonly events: readonly RouteShape[];
	/** Largest sample of one of them, bytes, and the time stamps in it. */
	readonly recordBytes: number;
	readonly stamps: number;
	private readonly settings: CumulocitySettings;
	/** By child. */
	private readonly ids: readonly Uint8Array[];
	private readonly relays: ReadonlyArray<Relay | undefined>;
	/** Target of each channel. */
	private readonly targets: readonly number[];

	/** `measures` and `events`: the topics of the device; `make`: an encoder for these places of a target. */
	constructor(
		settings: CumulocitySettings,
		measures: string,
		events: string,
		make: (channels: readonly Channel[], places: readonly number[], target: number) => Encoder,
	) {
		const { device, children, channels, motor } = settings;
		const names = Object.entries(children);
		const ids = names.map(([name, child]) => childId(device.id, name, child));
		const route = (topic: string): RouteShape => ({ topic: utf8(topic), prefix: NOTHING, numberAt: -1 });
		const portions: Portion[] = [];
		let recordBytes = 0;
		let stamps = 0;
		for (const [target, places] of targetPlaces(settings).entries()) {
			if (places.length === 0) continue;
			const own = places.map((place) => channels[place] as Channel);
			const encoder = make(own, places, target);
			recordBytes = Math.max(recordBytes, encoder.recordBytes);
			stamps = Math.max(stamps, encoder.stamps);
			portions.push({
				route: target,
				places,
				template: () => encoder.template(),
				encode: (record, values) => encoder.encode(record, values),
			});
		}
		this.settings = settings;
		this.portions = portions;
		this.recordBytes = recordBytes;
		this.stamps = stamps;
		this.measures = ids.map((id) => route(`${measures}/${id}`));
		this.events = ids.map((id) => route(`${events}/${id}`));
		this.ids = ids.map((id) => utf8(id));
		this.relays = names.map(([, { relay }]) => (relay === "none" ? undefined : relayOf(relay, motor.maxRpm)));
		this.targets = channels.map((_, i) => portions.find(({ places }) => places.includes(i))?.route ?? 0);
	}

	get count(): number {
		return this.ids.length;
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
		const { device, children } = this.settings;
		const [name, child] = Object.entries(children)[target - 1] ?? [];
		return name !== undefined && child ? childId(device.id, name, child) : "";
	}
	/** The target with this external id; 0 if there is none. */
	targetNamed(id: string): number {
		for (let target = this.count; target > 0; target--) if (this.idOf(target) === id) return target;
		return 0;
	}
	/** What 518 for a child switches. */
	relayOf(target: number): Relay | undefined {
		return this.relays[target - 1];
	}
	/** Whether operations of this kind are carried out for a child. */
	supports(target: number, id: number): boolean {
		return (
			id === Operation.MeasurementRequest || (id === Operation.Relay && this.relayOf(target) !== undefined)
		);
	}

	/** The rows that make them. */
	rows(): string {
		let rows = "";
		for (const [i, [name, child]] of Object.entries(this.settings.children).entries()) {
			const shown = quoteColumn(child.name === "" ? name : child.name, MAX_NAME);
			rows += `${MessageId.CreateChild},${this.idOf(i + 1)},${shown},${quoteColumn(child.type, MAX_NAME)}\n`;
		}
		return rows;
	}
	/** The row that says which operations a child takes. */
	operations(target: number): string {
		const relay = this.relayOf(target) ? ",c8y_Relay" : "";
		return `${MessageId.SupportedOperations},c8y_MeasurementRequestOperation${relay}\n`;
	}
	/** Where its rows go. */
	topicOf(target: number): Uint8Array {
		return (this.events[target - 1] as RouteShape).topic;
	}
}

/** Places of each target's channels, the device first. */
export function targetPlaces({ children, channels }: CumulocitySettings): number[][] {
	const own = Object.values(children).map((child) => placesOf(child, channels));
	return [placesLeft(children, channels), ...own];
}
