// The one message that is in no lane: a step of the cloud's opening, ahead of everything that waits in the
// rings.

import { equals } from "../core/bytes.js";
import type { Publication } from "../mqtt/publication.js";

export interface DirectMessage {
	readonly topic: Uint8Array;
	readonly payload: Uint8Array;
	readonly qos: 0 | 1 | 2;
	readonly retain: boolean;
}

export class Direct implements Publication {
	// What is said of the message that was chosen.
	declare topic: Uint8Array;
	readonly header = undefined;
	qos = 0;
	retain = false;
	length = 0;
	/** It was described to the session and is being written. */
	chosen = false;
	/** Its packet id while it is under way, 0 at QoS 0; -1 while it waits, or where there is none. */
	packetId = -1;
	message: DirectMessage | undefined;
	/** Waits until an earlier one, of a connection before this, is acknowledged. */
	private next: DirectMessage | undefined;
	private sent = 0;
	/** Somebody wants to hear of its delivery. */
	private asked = false;

	/**
	 * Where the same message is still under way at QoS 1, in a session that goes on, its acknowledgement
	 * serves. At QoS 2 the server may have published it before it published the will, and will not do so again.
	 */
	set(message: DirectMessage): void {
		this.asked = true;
		const own = this.message;
		if (own && this.packetId > 0) {
			const same = isEqual(own.topic, message.topic) && isEqual(own.payload, message.payload);
			this.next = same && message.qos < 2 ? undefined : message;
			return;
		}
		this.message = message;
		this.packetId = -1;
	}

	/** Whether it can go; only where there is one. */
	waits(windowOpen: boolean): boolean {
		return this.packetId < 0 && (windowOpen || this.message?.qos === 0);
	}

	choose(): Publication {
		const { topic, payload, qos, retain } = this.message as DirectMessage;
		this.topic = topic;
		this.qos = qos;
		this.retain = retain;
		this.length = payload.length;
		this.sent = 0;
		this.chosen = true;
		return this;
	}

	started(packetId: number): void {
		this.packetId = packetId;
		this.chosen = (this.message as DirectMessage).payload.length > 0;
	}

	copy(bytes: Uint8Array, at: number, room: number): number {
		const { payload } = this.message as DirectMessage;
		const n = Math.min(room, payload.length - this.sent);
		bytes.set(payload.subarray(this.sent, this.sent + n), at);
		this.sent += n;
		this.chosen = this.sent < payload.length;
		return n;
	}

	/** It was acknowledged. Returns whether somebody waits for that. */
	done(): boolean {
		const asked = this.asked && this.next === undefined;
		if (asked) this.asked = false;
		this.message = this.next;
		this.next = undefined;
		this.packetId = -1;
		return asked;
	}

	/** The connection is gone. What is under way stays only if the session may go on. */
	disconnected(persistent: boolean): void {
		this.chosen = false;
		this.asked = false;
		this.next = undefined;
		if (persistent && this.packetId > 0) return;
		this.message = undefined;
		this.packetId = -1;
	}
}

function isEqual(a: Uint8Array, b: Uint8Array): boolean {
	return equals(a, 0, a.length, b);
}
