// SUBSCRIBE or UNSUBSCRIBE that waits for the socket: one at a time.

import { writeSubscribe, writeUnsubscribe } from "./encode.js";
import type { Output } from "./output.js";

/** In the place of a QoS: UNSUBSCRIBE. */
export const LEAVE = -1;

export class FilterRequest {
	/** Undefined: none waits. */
	filter: Uint8Array | undefined;
	private qos = 0;
	private packetId = 0;

	/** SUBSCRIBE at a QoS, or with LEAVE UNSUBSCRIBE. */
	set(filter: Uint8Array, qos: number, packetId: number): void {
		this.filter = filter;
		this.qos = qos;
		this.packetId = packetId;
	}

	clear(): void {
		this.filter = undefined;
	}

	/** Puts the packet into the output stage; false if it does not fit behind what is there. */
	write(output: Output): boolean {
		const filter = this.filter as Uint8Array;
		if (output.size - output.length < filter.length + 10) {
			if (output.length > 0) return false;
			throw new RangeError("session: filter is longer than the output stage");
		}
		this.filter = undefined;
		const { bytes, at } = output;
		const end =
			this.qos === LEAVE
				? writeUnsubscribe(bytes, at, this.packetId, filter)
				: writeSubscribe(bytes, at, this.packetId, filter, this.qos);
		output.length = end - output.base;
		return true;
	}
}
