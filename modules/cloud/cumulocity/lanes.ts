// How measures and events travel: topics, encoders and the lanes' shapes. Functions of their own, because a
// board makes the cloud deep on its stack, where variables count.

import { ascii } from "../../core/bytes.js";
import type { LaneShape, RouteShape } from "../../outbox/lane.js";
import { channelsAt, placesOf, targetsOf } from "../portions.js";
import { CumulocityMeasures } from "./measures.js";
import { definition, nameOf, OwnMeasures } from "./own-measures.js";
import type { CumulocitySettings } from "./settings.js";

/** Topic of SmartREST's static templates, up. */
export const UP = ascii("s/us");
/** Largest MQTT packet that the platform takes, with all headers. */
export const MAX_PACKET_BYTES = 16184;
/** Fixed header 1 + 2, length of the topic 2, packet id 2. */
const HEADER_BYTES = 7;
const NOTHING = ascii("");
/** Topics of measures: what the cloud does with them. */
const MODES = Object.freeze({ persistent: "s", transient: "t", quiescent: "q", cep: "c" } as const);

/** What turns samples into rows. */
export type Encoder = CumulocityMeasures | OwnMeasures;

export function hasChildren({ children }: CumulocitySettings): boolean {
	return Object.keys(children).length > 0;
}

/** What is registered of own templates. */
export function collectionOf(settings: CumulocitySettings): string {
	return definition(settings.channels, hasChildren(settings) ? targetPlaces(settings) : undefined);
}

/** Name of the collection of own templates; "" without one. */
export function collectionName(settings: CumulocitySettings): string {
	return settings.cumulocity.ownTemplates === "off" ? "" : nameOf(collectionOf(settings));
}

/** Places of each target's channels, the device first. */
function targetPlaces({ children, channels }: CumulocitySettings): number[][] {
	const targets = targetsOf(children, channels);
	const places = [placesOf(targets, 0)];
	for (let i = 0; i < Object.keys(children).length; i++) places.push(placesOf(targets, i + 1));
	return places;
}

/** Topic of the device's measures. */
export function measuresTopic({ cumulocity }: CumulocitySettings, collection: string): string {
	const mode = MODES[cumulocity.mode as keyof typeof MODES];
	if (collection === "") return `${mode}/us`;
	return cumulocity.ownTemplates === "default" ? `${mode}/ud` : `${mode}/uc/${collection}`;
}

/** Of all channels, or of those of a target that have these places. */
export function encoderOf(
	settings: CumulocitySettings,
	places?: readonly number[],
	target?: number,
): Encoder {
	const { cumulocity } = settings;
	const channels = places ? channelsAt(settings.channels, places) : settings.channels;
	if (cumulocity.ownTemplates !== "off") return new OwnMeasures(channels, places, target);
	return new CumulocityMeasures(channels, cumulocity.multiple);
}

/** The lane of measures; its records have room for the largest sample. */
export function measuresLane(
	{ sampling }: CumulocitySettings,
	topic: string,
	{ recordBytes, stamps }: { readonly recordBytes: number; readonly stamps: number },
	others?: readonly RouteShape[],
): LaneShape {
	return laneOf(ascii(topic), sampling.qos, recordBytes, stamps, 1000, others);
}

/**
 * That of events: alarms, events and answers. With routes one by one: in a batch a later one of the same
 * route would overtake what goes another way, such as the 500 behind the answers of the boot before.
 */
export function eventsLane(others: readonly RouteShape[] | undefined): LaneShape {
	return laneOf(UP, 1, 480, 0, others ? 1 : 16, others);
}

function laneOf(
	topic: Uint8Array,
	qos: 0 | 1 | 2,
	recordBytes: number,
	stamps: number,
	maxRecords: number,
	others: readonly RouteShape[] | undefined,
): LaneShape {
	const maxBytes = payloadBytes(topic.length, others);
	const frame = { prefix: NOTHING, separator: NOTHING, suffix: NOTHING, numberAt: -1, confirmMs: 0 };
	const lane = { topic, qos, recordBytes, stamps, maxRecords, maxBytes, ...frame };
	return others ? { ...lane, others } : lane;
}

/** The largest payload of a message, on a topic of so many bytes or on the longest of the others. */
function payloadBytes(topicBytes: number, others: readonly RouteShape[] = []): number {
	let longest = topicBytes;
	for (const { topic } of others) longest = Math.max(longest, topic.length);
	return MAX_PACKET_BYTES - HEADER_BYTES - longest;
}
