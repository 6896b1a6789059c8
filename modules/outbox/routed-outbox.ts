// An outbox with a lane whose records do not all go the same way: those of a child device go on its topic,
// those of a sensor under its name. A message has the records of one route; order holds within a route.

import type { Clock } from "../core/clock.js";
import type { Lane, Route } from "./lane.js";
import { checkTopic, Outbox } from "./outbox.js";
import type { OutboxHandler } from "./outbox-handler.js";
import { packetOf, RecordKind, RecordState, type Ring, routeOf, stateOf } from "./ring.js";
import type { Stamp } from "./stamp.js";

/** Records of any route may go. */
const ANY = -1;

export class RoutedOutbox extends Outbox {
	/** The route whose records may go. */
	private route = ANY;
	private ofParts = 0;

	constructor(lanes: readonly Lane[], stamp: Stamp, clock: Clock, boot: number, handler: OutboxHandler) {
		super(lanes, stamp, clock, boot, handler);
		for (const { routes } of lanes) for (const { topic } of routes ?? []) checkTopic(topic);
	}

	override get deliveredOfParts(): number {
		return this.ofParts;
	}

	override acknowledged(packetId: number): void {
		for (let i = 0; i < this.lanes.length; i++) this.countParts(this.lanes[i] as Lane, packetId);
		super.acknowledged(packetId);
	}

	/** Counts the measures of a message that go another way than the device's. */
	private countParts({ ring, routes }: Lane, packetId: number): void {
		if (!routes) return;
		for (let slot = ring.first, n = ring.used - ring.queued; n > 0; slot = ring.after(slot)) {
			const state = stateOf(ring, slot);
			if (state !== RecordState.Queued) n--;
			if (state !== RecordState.InFlight || packetOf(ring, slot) !== packetId) continue;
			if (routeOf(ring, slot) !== 0 && ring.kind(slot) === RecordKind.Measure) this.ofParts++;
		}
	}

	/** By the first record of each message: those of other routes lie between. */
	protected override outstanding(ring: Ring): number {
		let count = 0;
		for (let slot = ring.first, n = ring.used - ring.queued; n > 0; slot = ring.after(slot)) {
			if (stateOf(ring, slot) === RecordState.Queued) continue;
			n--;
			if (ring.messages[slot] === ring.number(slot)) count++;
		}
		return count;
	}

	protected override choose(lane: Lane): boolean {
		if (!lane.routes) return super.choose(lane);
		const { ring } = lane;
		let slot = ring.first;
		while (slot >= 0 && (stateOf(ring, slot) !== RecordState.Queued || !super.mayGo(lane, slot)))
			slot = ring.after(slot);
		if (slot < 0) return false;
		this.take(lane, lane.routes, routeOf(ring, slot));
		const chosen = super.choose(lane);
		this.route = ANY;
		return chosen;
	}

	protected override chooseAgain(lane: Lane, packetId: number): boolean {
		const { ring, routes } = lane;
		if (!routes) return super.chooseAgain(lane, packetId);
		let slot = ring.first;
		while (slot >= 0 && (stateOf(ring, slot) !== RecordState.InFlight || packetOf(ring, slot) !== packetId))
			slot = ring.after(slot);
		if (slot < 0) return false;
		this.take(lane, routes, routeOf(ring, slot));
		this.route = ANY;
		return super.chooseAgain(lane, packetId);
	}

	protected override mayGo(lane: Lane, slot: number): boolean {
		return (this.route === ANY || routeOf(lane.ring, slot) === this.route) && super.mayGo(lane, slot);
	}

	/** The lane's next message goes this way. */
	private take(lane: Lane, routes: readonly Route[], place: number): void {
		const { topic, header, frameBytes, prefixBytes, prefixAt, numberAt } = routes[place] as Route;
		lane.topic = topic;
		lane.header = header;
		lane.frameBytes = frameBytes;
		lane.prefixBytes = prefixBytes;
		lane.prefixAt = prefixAt;
		lane.numberAt = numberAt;
		this.route = place;
	}
}
