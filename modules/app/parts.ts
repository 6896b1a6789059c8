// What a node is made of. main.ts chooses the parts, for a board, Moddable's simulator and host-sim alike.

import type { Cloud } from "../cloud/cloud.js";
import type { EdgeListener, Sample } from "../core/channels.js";
import type { Clock, Random, Timers } from "../core/clock.js";
import type { Flash } from "../core/flash.js";
import type { Log } from "../core/log.js";
import type { Store } from "../core/store.js";
import type { Masking } from "../mqtt/masking.js";
import type { Transport } from "../mqtt/transport.js";
import type { Network } from "../network/network.js";
import type { BootGuard } from "./boot-guard.js";
import type { Actuators } from "./commands.js";
import type { Settings } from "./settings.js";
import type { ChipFacts } from "./vitals.js";

/** The actuators, and what they and the sensors read. */
export interface Board extends Omit<Actuators, "interval"> {
	listener?: EdgeListener | undefined;
	/** Fills in all channels; NaN where there is no value. */
	sample(values: Sample): void;
	/** Why the channel at this place has no value. */
	fault?(place: number): string;
	/** Tones that it can make, Hz: lowest and highest; undefined: whatever a command may say. */
	readonly tones?: readonly [number, number] | undefined;
	/** Puts everything at rest and releases the pins. */
	close(): void;
}

export interface NodeParts {
	readonly settings: Settings;
	readonly cloud: Cloud;
	readonly board: Board;
	readonly transport: Transport;
	/** Where the transport is a WebSocket. */
	readonly masking?: Masking | undefined;
	readonly clock: Clock;
	readonly timers: Timers;
	readonly random: Random;
	readonly store: Store;
	/** Where settings.outbox.keep has its journal; undefined: nowhere. */
	readonly flash?: Flash | undefined;
	readonly log: Log;
	/** Whether this boot is one in safe mode; undefined: nobody looks after boots. */
	readonly guard?: BootGuard | undefined;
	/** What the machine knows of itself; undefined: nothing. */
	readonly chip?: ChipFacts | undefined;
	/** The way to the network, where the node has to make it itself; undefined: it is there. */
	readonly network?: Network | undefined;
	/** When the device's own certificate ends, ms since 1970; undefined: it has none. */
	readonly certificateEnd?: number | undefined;
	/** Number of this boot, 1 to 65535. */
	readonly boot: number;
	/** Restarts the machine; does not return on a board. */
	restart(): void;
}
