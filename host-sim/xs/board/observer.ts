// Tells the parent what the node shows of itself: each event by its number. Only `command` costs the machine
// memory, in the node's own hands: it prepares the command's text when somebody watches.

import { EVENTS } from "host-sim/engine/narration";
import { Out } from "host-sim/xs/frames";
import type { Observer } from "../../../modules/app/observer.js";

export class FrameObserver {}

// Made where the program is linked, so that they lie in the read-only image. No event has more arguments: a
// rest would take memory with each call.
for (const [number, event] of EVENTS.entries())
	Object.defineProperty(FrameObserver.prototype, event, {
		value: (a: unknown, b: unknown, c: unknown, d: unknown, e: unknown) =>
			host.send(Out.Seen, number, a, b, c, d, e),
	});

export function frameObserver(): Observer {
	return new FrameObserver() as Observer;
}
