// What a node knows of itself, as the values of channels: signal, uptime, free memory and the like.

import { NodeFact, type Sensor } from "../core/channels.js";
import type { Clock } from "../core/clock.js";
import type { Network } from "../network/network.js";
import { type ChipFacts, Fact } from "./vitals.js";

const DAY = 86_400_000;

export interface NodeFactsParts {
	readonly clock: Clock;
	readonly chip: ChipFacts | undefined;
	readonly network: Network | undefined;
	/** When the device's certificate ends, ms since 1970; undefined: it has none. */
	readonly certificateEnd: number | undefined;
	/** Number of this boot. */
	readonly boot: number;
}

export class NodeFacts implements Sensor {
	private readonly parts: NodeFactsParts;

	constructor(parts: NodeFactsParts) {
		this.parts = parts;
	}

	/** By a NodeFact; NaN where it is not known here. */
	read(fact: number): number {
		const { clock, chip, network, certificateEnd = Number.NaN, boot } = this.parts;
		switch (fact) {
			case NodeFact.signal: {
				const dbm = network ? network.wifi.rssi : 0;
				return dbm === 0 ? Number.NaN : dbm;
			}
			case NodeFact.uptime:
				return Math.floor(clock.monotonic() / 1000);
			case NodeFact.memory: {
				const bytes = chip ? chip(Fact.FreeHeap) : -1;
				return bytes < 0 ? Number.NaN : bytes;
			}
			case NodeFact.restarts:
				return boot;
			case NodeFact.certificate: {
				const wall = clock.wallAt(clock.monotonic());
				return wall < 0 ? Number.NaN : Math.floor((certificateEnd - wall) / DAY);
			}
			case NodeFact.clockOffset:
				return network && network.time.synchronized > 1 ? network.time.driftMs : Number.NaN;
			default:
				return Number.NaN;
		}
	}

	close(): void {}
}
