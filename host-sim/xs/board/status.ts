// The node's own figures, as host-sim asks for them: the same on both engines.

import type { MoteNode } from "../../../modules/app/node.js";

/** In the order of STATUS in host-sim/xs/codec.ts. */
export function statusValues({ health, measures, outbox, session }: MoteNode): Array<number | boolean> {
	const { ring } = measures;
	return [
		ring.slots,
		ring.used,
		ring.highWater,
		ring.evicted,
		health.malformed,
		outbox.waiting,
		outbox.open,
		outbox.delivered,
		outbox.unconfirmed,
		outbox.messages,
		health.accepted,
		health.missingValues,
		health.commands,
		health.refusedCommands,
		health.refusedMessages,
		health.droppedSamples,
		session.counters.publishesReceived,
		session.counters.oversizeSkipped,
		session.counters.connections,
	];
}
