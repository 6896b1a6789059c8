// Frames of host-sim/xs/board/observer.ts → calls of an Observer on this side.

import type { CommandResult, Observer } from "../../modules/app/observer.js";
import type { Value } from "./codec.js";
import { Seen } from "./frames.js";

export function tellObserver(observer: Observer, content: Value[]): void {
	const [what, a, b, c, d, e] = content;
	const n = content as number[];
	switch (what) {
		case Seen.Sampled:
			observer.sampled?.(n.slice(3) as number[], n[1] as number, b as boolean);
			return;
		case Seen.Sending:
			observer.sending?.(a as Uint8Array, b as number, c as number, d as boolean, e as boolean);
			return;
		case Seen.Evicted:
			observer.evicted?.(a as number);
			return;
		case Seen.Delivered:
			observer.delivered?.(a as number, b as number);
			return;
		case Seen.Unconfirmed:
			observer.unconfirmed?.(a as number);
			return;
		case Seen.Refused:
			observer.refused?.(a as number, b as string);
			return;
		case Seen.Received:
			observer.received?.(a as Uint8Array, b as number, c as number, d as number, e as number);
			return;
		case Seen.Command:
			observer.command?.({ text: a, status: b, reason: c } as CommandResult);
			return;
		case Seen.Malformed:
			observer.malformed?.(a as string);
			return;
		case Seen.Skipped:
			observer.skipped?.(a as number);
			return;
		case Seen.Overdue:
			observer.overdue?.();
			return;
		case Seen.Online:
			observer.online?.();
			return;
		case Seen.Offline:
			observer.offline?.(a as string, b as string, c as number);
			return;
		case Seen.Network:
			observer.network?.(a as number);
			return;
		case Seen.Safe:
			observer.safe?.(a as number);
			return;
		case Seen.Restarting:
			observer.restarting?.();
			return;
		default:
	}
}
