// The time from a connection below to an open WebSocket: the request goes out as the socket takes it, and its
// answer comes in, or does not.

import type { Alarm, AlarmOwner, Timers } from "../core/clock.js";
import { Limits } from "./limits.js";
import type { Masking } from "./masking.js";
import type { Transport } from "./transport.js";
import { Upgrade, type UpgradeAddress } from "./upgrade.js";

/** Hears how it went; `fault` is "" where the WebSocket is open. */
export interface UpgradeOwner {
	upgraded(fault: string): void;
	/** No answer in time. */
	silent(): void;
}

export class Upgrading implements AlarmOwner {
	private readonly below: Transport;
	private readonly address: UpgradeAddress;
	private readonly masking: Masking;
	private readonly owner: UpgradeOwner;
	private readonly late: Alarm;
	private upgrade: Upgrade | undefined;
	/** What is still to be sent. */
	private request: Uint8Array | undefined;

	constructor(
		below: Transport,
		address: UpgradeAddress,
		masking: Masking,
		timers: Timers,
		owner: UpgradeOwner,
	) {
		this.below = below;
		this.address = address;
		this.masking = masking;
		this.owner = owner;
		this.late = timers.create(this);
	}

	/** Whether an answer is waited for. */
	get pending(): boolean {
		return this.upgrade !== undefined;
	}

	begin(): void {
		this.upgrade = new Upgrade(this.address, this.masking);
		this.request = this.upgrade.request;
		this.late.start(Limits.upgradeMs);
		this.send();
	}

	stop(): void {
		this.upgrade = this.request = undefined;
		this.late.stop();
	}

	/** Sends what is left of the request. */
	send(): void {
		const { below, request } = this;
		if (!request) return;
		const n = Math.min(request.length, below.free);
		if (n > 0) below.write(n, request.subarray(0, n), undefined, undefined);
		this.request = n < request.length ? request.subarray(n) : undefined;
		if (this.request) below.awaited = true;
	}

	/** Takes bytes of the answer; returns where the first frame begins, or -1. */
	take(bytes: Uint8Array, start: number, end: number): number {
		const { upgrade } = this;
		const at = upgrade ? upgrade.take(bytes, start, end) : -1;
		if (at < 0 || !upgrade) return -1;
		this.stop();
		this.owner.upgraded(upgrade.fault());
		return at;
	}

	/** No answer in time. */
	due(): void {
		this.owner.silent();
	}
}
