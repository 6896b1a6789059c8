// Whether a configuration fits into the board's machine. XS ends without a word to the script where its
// memory is full, and the board would start, fill it and end for ever: so it is reckoned before anything is
// made.

import type { Cloud } from "../cloud/cloud.js";
import type { Memory } from "../cloud/cloud-kind.js";
import { Arena } from "../outbox/arena.js";
import { Keeper } from "../outbox/keeper.js";
import { HEADROOM, needBeside, SLOT_BYTES } from "./need.js";
import type { Settings } from "./settings.js";

/** A board's machine, as its manifest's `config.machine` repeats its `creation`. */
export interface Machine {
	/** Bytes of the block that slots, chunks and stack share; 0: each has its own. */
	readonly static: number;
	/** Bytes of chunks, and slots, where each has its own. */
	readonly chunk: number;
	readonly heap: number;
	/** Slots. */
	readonly stack: number;
	/** Whether a network is joined that the settings do not name, because the image does. */
	readonly joins?: boolean;
}

/**
 * What the SDK's TLS takes: by `npm run proof:tls`, on an emulated ESP32-C3, what XS's heap has grown to at
 * the largest handshake there (keys of 4096 bits, 166 authorities, records of 512 bytes) beyond the same node
 * without TLS.
 */
export const TLS_RESERVE = Object.freeze({ slots: 512, chunkBytes: 12_484 });

/** The fewest that settings may ask for. */
const FEWEST = 4;

/** How many measures and events fit. */
export interface Fitting {
	readonly measures: number;
	readonly events: number;
}

/** What settings take beside their outbox, reckoned once; and what outboxes fit beside it. */
class Room {
	private readonly cloud: Cloud;
	private readonly machine: Machine;
	private readonly journal: number;
	private readonly slots: number;
	private readonly chunkBytes: number;
	/** The fewest measures: two samples, where each is several records. */
	readonly fewest: number;

	constructor(settings: Settings, cloud: Cloud, machine: Machine) {
		const { broker } = settings;
		const beside = needBeside(settings, machine.joins ?? false);
		this.cloud = cloud;
		this.machine = machine;
		this.fewest = Math.max(FEWEST, 2 * (cloud.portions?.length ?? 0));
		this.journal = journalBytes(settings, cloud);
		this.slots = beside.slots + HEADROOM.slots + (broker.tls ? TLS_RESERVE.slots : 0);
		this.chunkBytes = beside.chunkBytes + HEADROOM.chunkBytes + (broker.tls ? TLS_RESERVE.chunkBytes : 0);
	}

	has(measures: number, events: number): boolean {
		const { cloud, machine, slots } = this;
		const bytes = this.chunkBytes + outboxBytes(cloud, measures, events, this.journal);
		if (machine.static > 0) return (slots + machine.stack) * SLOT_BYTES + bytes <= machine.static;
		return slots <= machine.heap && bytes <= machine.chunk;
	}

	/** The most measures up to `limit` beside so many events, or 0. */
	measures(limit: number, events: number): number {
		let low = 0;
		let high = limit;
		while (low < high) {
			const middle = (low + high + 1) >> 1;
			if (this.has(middle, events)) low = middle;
			else high = middle - 1;
		}
		return low < this.fewest ? 0 : low;
	}

	/** The most events up to `limit` beside so many measures, or 0. */
	events(limit: number, measures: number): number {
		let events = limit;
		while (events >= FEWEST && !this.has(measures, events)) events--;
		return events < FEWEST ? 0 : events;
	}

	/** The largest outbox up to this one: fewer measures first, then fewer events. */
	fitting(most: Fitting): Fitting | undefined {
		for (let { events } = most; ; events = Math.max(FEWEST, events >> 1)) {
			const measures = this.measures(most.measures, events);
			if (measures > 0) return { measures, events };
			if (events === FEWEST) return undefined;
		}
	}
}

/** "" where the node of these settings fits, else which of them is at fault and what would fit. */
export function roomFault(settings: Settings, cloud: Cloud, machine: Machine): string {
	const { measures, events } = settings.outbox;
	const room = new Room(settings, cloud, machine);
	if (room.has(measures, events)) return "";
	const most = room.measures(measures, events);
	const mostEvents = room.events(events, measures);
	// The one that takes more is the one that somebody has set too high.
	const byEvents = events * cloud.events.recordBytes > measures * cloud.measures.recordBytes;
	if (mostEvents > 0 && (byEvents || most === 0))
		return `outbox.events: ${events} do not fit into this board's memory; at most ${mostEvents} do`;
	if (most > 0) return `outbox.measures: ${measures} do not fit into this board's memory; at most ${most} do`;
	const both = room.fitting(settings.outbox);
	if (both)
		return `outbox.measures and outbox.events: ${measures} and ${events} do not fit into this board's memory; ${both.measures} and ${both.events} do`;
	return "these settings do not fit into this board's memory, even with an outbox of the smallest size";
}

/** The largest outbox that fits and is no larger than that of the settings. */
export function fitting(settings: Settings, cloud: Cloud, machine: Machine): Fitting | undefined {
	return new Room(settings, cloud, machine).fitting(settings.outbox);
}

/** What the node takes at rest. */
export function needOf(
	settings: Settings,
	cloud: Cloud,
	measures: number,
	events: number,
	joins = false,
): Memory {
	const { slots, chunkBytes } = needBeside(settings, joins);
	const outbox = outboxBytes(cloud, measures, events, journalBytes(settings, cloud));
	return { slots, chunkBytes: chunkBytes + outbox };
}

function journalBytes({ outbox }: Settings, cloud: Cloud): number {
	if (outbox.keep === "off") return 0;
	return Keeper.bytesFor(outbox.keep === "all" ? [cloud.events, cloud.measures] : [cloud.events]);
}

function outboxBytes(cloud: Cloud, measures: number, events: number, journal: number): number {
	const templates = cloud.measures.recordBytes * (cloud.portions?.length ?? 1);
	return Arena.bytesFor(cloud.measures, measures, cloud.events, events, templates, journal);
}
