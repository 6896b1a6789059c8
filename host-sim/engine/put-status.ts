// The node's own figures, as host-sim asks for them: the same on both engines.

import type main from "../../main.js";

type MoteNode = ReturnType<typeof main>;

/**
 * Writes the figures into `values` from `at` on, in the order of STATUS in host-sim/engine/status.ts. A kept
 * array, because the proof of the allocations asks for them in the middle of what it counts.
 */
export function putStatus(
	{ health, keeper, measures, outbox, session }: MoteNode,
	values: unknown[],
	at: number,
): void {
	const { ring } = measures;
	const { counters } = session;
	let i = at;
	values[i++] = ring.slots;
	values[i++] = ring.used;
	values[i++] = ring.highWater;
	values[i++] = ring.evicted;
	values[i++] = health.malformed;
	values[i++] = outbox.waiting;
	values[i++] = outbox.open;
	values[i++] = outbox.delivered;
	values[i++] = outbox.unconfirmed;
	values[i++] = outbox.messages;
	values[i++] = health.accepted;
	values[i++] = health.missingValues;
	values[i++] = health.commands;
	values[i++] = health.refusedCommands;
	values[i++] = health.refusedMessages;
	values[i++] = health.droppedSamples;
	values[i++] = counters.publishesReceived;
	values[i++] = counters.oversizeSkipped;
	values[i++] = counters.connections;
	values[i++] = keeper?.journal.forced ?? 0;
	values[i] = keeper?.measures ?? 0;
}
