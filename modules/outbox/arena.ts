// The one preallocated buffer of the node: both rings, the constant parts of messages and the output stage
// lie side by side, so that everything moves by copyWithin. Behind them lie what is kept of PUBLISH headers
// and of a measure's text.

import { digitView, ownMethods } from "../core/bytes.js";
import { FRAME_HEAD, FrameOutput } from "../mqtt/frame-output.js";
import { Limits } from "../mqtt/limits.js";
import type { Masking } from "../mqtt/masking.js";
import { ENDS_BYTES, Output } from "../mqtt/output.js";
import { publishHeader, publishHeaderBytes } from "../mqtt/publish-header.js";
import type { Lane, LaneShape, Route } from "./lane.js";
import { Ring, ringBytes } from "./ring.js";

/** The output stage, and what it needs behind it. */
const OUTPUT_BYTES = Limits.outputBytes + ENDS_BYTES;

/** Confirmations of the cloud that may be outstanding at once. */
const MAX_HELD = 8;

export class Arena {
	readonly bytes: Uint8Array;
	/** Of all of `bytes`, for whoever writes numbers there. */
	readonly view: DataView;
	readonly measures: Lane;
	readonly events: Lane;
	readonly output: Output;
	/** Where the template of a measure has its `templateBytes`. */
	readonly templateAt: number;
	/** Where entries of the journal are put together: `journalBytes`. */
	readonly journal: Uint8Array | undefined;

	/** How many bytes an arena of these parts takes, FRAME_HEAD more with WebSocket. */
	static bytesFor(
		measures: LaneShape,
		measureSlots: number,
		events: LaneShape,
		eventSlots: number,
		templateBytes: number,
		journalBytes = 0,
	): number {
		const measureBytes = ringBytes(measureSlots, measures.recordBytes, measures.stamps);
		const eventBytes = ringBytes(eventSlots, events.recordBytes, events.stamps);
		const constants = measureBytes + eventBytes + constantBytes(measures) + constantBytes(events);
		const end = align(constants, 8) + OUTPUT_BYTES + templateBytes;
		return journalBytes > 0 ? align(end, 4) + journalBytes : end;
	}

	constructor(
		measures: LaneShape,
		measureSlots: number,
		events: LaneShape,
		eventSlots: number,
		templateBytes: number,
		journalBytes = 0,
		masking?: Masking,
	) {
		const measureBytes = ringBytes(measureSlots, measures.recordBytes, measures.stamps);
		const eventBytes = ringBytes(eventSlots, events.recordBytes, events.stamps);
		const constants = measureBytes + eventBytes;
		const head = masking ? FRAME_HEAD : 0;
		const outputAt = align(constants + constantBytes(measures) + constantBytes(events), 8) + head;
		this.templateAt = outputAt + OUTPUT_BYTES;
		const bytes =
			head + Arena.bytesFor(measures, measureSlots, events, eventSlots, templateBytes, journalBytes);
		const journalAt = bytes - journalBytes;
		this.bytes = ownMethods(new Uint8Array(bytes), "copyWithin");
		this.view = digitView(this.bytes);
		this.journal = journalBytes > 0 ? this.bytes.subarray(journalAt) : undefined;
		this.measures = this.lane(measures, measureSlots, 0, constants);
		this.events = this.lane(events, eventSlots, measureBytes, constants + constantBytes(measures));
		this.output = masking
			? new FrameOutput(this.bytes, outputAt, Limits.outputBytes, this.view, masking)
			: new Output(this.bytes, outputAt, Limits.outputBytes, this.view);
	}

	private lane(shape: LaneShape, slots: number, ringAt: number, constantsAt: number): Lane {
		const { bytes, view } = this;
		const { prefix, separator, suffix } = shape;
		const separatorAt = constantsAt + prefix.length;
		const suffixAt = separatorAt + separator.length;
		bytes.set(prefix, constantsAt);
		bytes.set(separator, separatorAt);
		bytes.set(suffix, suffixAt);
		const lane: Lane = {
			ring: new Ring({
				bytes,
				view,
				at: ringAt,
				slots,
				payloadBytes: shape.recordBytes,
				stamps: shape.stamps,
			}),
			length: 0,
			header: publishHeader(bytes, view, suffixAt + suffix.length, shape.topic, shape.qos),
			qos: shape.qos,
			maxRecords: shape.maxRecords,
			bare: prefix.length + suffix.length === 0 && shape.confirmMs === 0,
			frameBytes: prefix.length + suffix.length,
			prefixBytes: prefix.length,
			separatorBytes: separator.length,
			suffixBytes: suffix.length,
			numberAt: shape.numberAt < 0 ? -1 : constantsAt + shape.numberAt,
			confirmMs: shape.confirmMs,
			topic: shape.topic,
			retain: false,
			maxBytes: shape.maxBytes,
			prefixAt: constantsAt,
			separatorAt,
			suffixAt,
			maxHeld: MAX_HELD,
		};
		if (shape.others) lane.routes = this.routes(lane, shape, suffixAt + suffix.length);
		return lane;
	}

	/** All of a lane's routes; the constant parts of its own end before `at`, but for its header. */
	private routes(lane: Lane, shape: LaneShape, at: number): Route[] {
		const { bytes, view } = this;
		const { topic, header, frameBytes, prefixBytes, prefixAt, numberAt } = lane;
		const own = { topic, header, frameBytes, prefixBytes, prefixAt, numberAt, signBytes: 0 };
		const routes: Route[] = [own];
		let p = at + publishHeaderBytes(topic);
		for (const { topic, prefix, numberAt, seldom, signBytes = 0 } of shape.others ?? []) {
			bytes.set(prefix, p);
			const behind = p + prefix.length;
			routes.push({
				topic,
				header: seldom ? undefined : publishHeader(bytes, view, behind, topic, shape.qos),
				frameBytes: prefix.length + lane.suffixBytes,
				prefixBytes: prefix.length,
				prefixAt: p,
				numberAt: numberAt < 0 ? -1 : p + numberAt,
				signBytes,
			});
			p = behind + (seldom ? 0 : publishHeaderBytes(topic));
		}
		return routes;
	}
}

/** The next multiple of a power of two. */
function align(at: number, to: number): number {
	return (at + to - 1) & -to;
}

function constantBytes(shape: LaneShape): number {
	const { prefix, separator, suffix, topic, others } = shape;
	let bytes = prefix.length + separator.length + suffix.length + publishHeaderBytes(topic);
	for (const route of others ?? [])
		bytes += route.prefix.length + (route.seldom ? 0 : publishHeaderBytes(route.topic));
	return bytes;
}
