// A radio that does as the test says.

import type { KnownNetwork, Radio } from "../../../modules/network/wifi-supervisor.js";

export class FakeRadio implements Radio {
	/** As after `join`, until the test says otherwise. */
	connection = 300;
	/** What `join` leads to at once. */
	afterJoin = 300;
	rssi = -60;
	/** Thrown by `join` and `leave`. */
	failure: Error | undefined;
	readonly calls: string[] = [];
	onJoin: () => void = () => {};

	join({ ssid }: KnownNetwork): void {
		if (this.calls.length > 1000) this.calls.length = 0;
		if (this.failure) throw this.failure;
		this.calls.push(`join ${ssid}`);
		this.connection = this.afterJoin;
		this.onJoin();
	}
	leave(): void {
		if (this.failure) throw this.failure;
		this.calls.push("leave");
		this.connection = 200;
	}
}
