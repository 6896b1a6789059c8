// Tells the parent what the node shows of itself. Only `command` costs the machine memory, in the node's own hands: it
// prepares the command's text when somebody watches.

import { Out, Seen } from "host-sim/xs/frames";
import type { CommandResult, Observer } from "../../../modules/app/observer.js";

export class FrameObserver implements Observer {
	sampled(values: readonly number[], wallMs: number, accepted: boolean): void {
		host.send(Out.Seen, Seen.Sampled, wallMs, accepted, values[0], values[1], values[2], values[3]);
	}
	sending(topic: Uint8Array, records: number, packetId: number, resent: boolean, measures: boolean): void {
		host.send(Out.Seen, Seen.Sending, topic, records, packetId, resent, measures);
	}
	evicted(total: number): void {
		host.send(Out.Seen, Seen.Evicted, total);
	}
	delivered(measures: number, waiting: number): void {
		host.send(Out.Seen, Seen.Delivered, measures, waiting);
	}
	unconfirmed(measures: number): void {
		host.send(Out.Seen, Seen.Unconfirmed, measures);
	}
	refused(code: number, reason: string): void {
		host.send(Out.Seen, Seen.Refused, code, reason);
	}
	received(bytes: Uint8Array, topicStart: number, topicEnd: number, start: number, end: number): void {
		host.send(Out.Seen, Seen.Received, bytes, topicStart, topicEnd, start, end);
	}
	command(result: CommandResult): void {
		host.send(Out.Seen, Seen.Command, result.text, result.status, result.reason);
	}
	malformed(what: string): void {
		host.send(Out.Seen, Seen.Malformed, what);
	}
	skipped(bytes: number): void {
		host.send(Out.Seen, Seen.Skipped, bytes);
	}
	overdue(): void {
		host.send(Out.Seen, Seen.Overdue);
	}
	online(): void {
		host.send(Out.Seen, Seen.Online);
	}
	offline(code: string, detail: string, retryMs: number): void {
		host.send(Out.Seen, Seen.Offline, code, detail, retryMs);
	}
	network(state: number): void {
		host.send(Out.Seen, Seen.Network, state);
	}
	safe(failedBoots: number): void {
		host.send(Out.Seen, Seen.Safe, failedBoots);
	}
	restarting(): void {
		host.send(Out.Seen, Seen.Restarting);
	}
}
