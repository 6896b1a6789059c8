// Keeps the node on one of the Wi-Fi networks it knows: joins, watches, joins again.
//
//   state     what is seen (twice a second)        next
//   Stopped   start                                Joining
//   Joining   an address                           Up
//   Joining   idle, or not there in JOIN_MS        Pausing   (the next network; after a round of all, backoff)
//   Up        less than an address                 Pausing   (the same network first)
//   Pausing   the pause is over                    Joining
//   any       rejoin                               Pausing
//
// The radio is looked at, not listened to: its callbacks would allocate, and one that is missed would be
// missed for good.

import { Backoff } from "../core/backoff.js";
import type { Random } from "../core/clock.js";

/** Ecma-419 (network interface, `connection`): 200 idle, 300 joining, 400 joined, 500 with an address. */
export const Connection = Object.freeze({ Idle: 200, Joining: 300, Joined: 400, Up: 500 } as const);

export interface KnownNetwork {
	/** 1 to 32 bytes. */
	readonly ssid: string;
	/** 8 to 63 bytes; empty: an open network. */
	readonly password: string;
}

export interface Radio {
	/** A value of Connection, or one between them. */
	readonly connection: number;
	/** Strength of the received signal, dBm (about -30 to -95); 0: not known. */
	readonly rssi: number;
	/** Begins to join. May throw; never waits. */
	join(network: KnownNetwork): void;
	leave(): void;
}

export interface WifiHandler {
	wifiUp(): void;
	/** A connection that was up is gone. */
	wifiDown(): void;
}

export const WifiState = Object.freeze({ Stopped: 0, Joining: 1, Up: 2, Pausing: 3 } as const);

/** Longest time from joining to an address, ms: scan, four-way handshake and DHCP. */
const JOIN_MS = 20_000;
/** A radio that was told to leave still reports that afterwards: it is left alone meanwhile, ms. */
const REST_MS = 1_000;
/** A connection that stood this long was good: the backoff starts anew, ms. */
const STABLE_MS = 30_000;
const BACKOFF = Object.freeze({ minimumMs: REST_MS, initialMs: 4_000, maximumMs: 60_000 });

export class WifiSupervisor {
	/** Connections that came about. */
	joined = 0;
	/** The radio gave up: a wrong password, or no such network in reach (it does not say which). */
	refused = 0;
	/** Not joined in time. */
	timeouts = 0;
	/** Joined, but no address in time. */
	addressless = 0;
	/** Connections that were up and were lost. */
	lost = 0;
	/** The driver threw. */
	faults = 0;
	private readonly radio: Radio;
	private readonly networks: readonly KnownNetwork[];
	private readonly handler: WifiHandler;
	private readonly backoff: Backoff;
	private current: number = WifiState.Stopped;
	/** Place of the network in use. */
	private at = 0;
	/** Networks tried since one was up. */
	private tried = 0;
	/** When the state began, and in Pausing when it ends; monotonic ms. */
	private since = 0;

	/** Throws a RangeError without any network. */
	constructor(radio: Radio, networks: readonly KnownNetwork[], random: Random, handler: WifiHandler) {
		if (networks.length === 0) throw new RangeError("wifi: no network is known");
		this.radio = radio;
		this.networks = networks;
		this.handler = handler;
		this.backoff = new Backoff(BACKOFF, random);
	}

	get state(): number {
		return this.current;
	}
	/** dBm, or 0 while there is no connection. */
	get rssi(): number {
		return this.current === WifiState.Up ? this.radio.rssi : 0;
	}
	/** The network in use, or tried. */
	get ssid(): string {
		return (this.networks[this.at] as KnownNetwork).ssid;
	}

	start(now: number): void {
		if (this.current === WifiState.Stopped) this.join(now);
	}

	stop(): void {
		if (this.current === WifiState.Stopped) return;
		this.current = WifiState.Stopped;
		this.leave();
	}

	/** Leaves and joins again, for a connection that is there but carries nothing. */
	rejoin(now: number): void {
		if (this.current !== WifiState.Up) return;
		this.pause(now, REST_MS);
		this.handler.wifiDown();
	}

	/** Looks at the radio. To be called about twice a second, with the monotonic time in ms. */
	tick(now: number): void {
		switch (this.current) {
			case WifiState.Joining:
				return this.whileJoining(now, this.radio.connection);
			case WifiState.Up:
				if (this.radio.connection < Connection.Up) {
					this.lost++;
					this.pause(now, REST_MS);
					this.handler.wifiDown();
				} else if (now - this.since >= STABLE_MS) this.backoff.reset();
				return;
			case WifiState.Pausing:
				if (now >= this.since) this.join(now);
				return;
			default:
		}
	}

	private whileJoining(now: number, connection: number): void {
		if (connection >= Connection.Up) {
			this.current = WifiState.Up;
			this.since = now;
			this.tried = 0;
			this.joined++;
			this.handler.wifiUp();
			return;
		}
		if (connection < Connection.Joining) this.refused++;
		else if (now - this.since < JOIN_MS) return;
		else if (connection >= Connection.Joined) this.addressless++;
		else this.timeouts++;
		this.failed(now);
	}

	private join(now: number): void {
		this.current = WifiState.Joining;
		this.since = now;
		try {
			this.radio.join(this.networks[this.at] as KnownNetwork);
		} catch {
			this.faults++;
			this.failed(now);
		}
	}

	/** The next network, at once; after all of them in vain, a pause. */
	private failed(now: number): void {
		const count = this.networks.length;
		this.at = (this.at + 1) % count;
		this.tried = (this.tried + 1) % count;
		this.pause(now, this.tried === 0 ? this.backoff.next() : REST_MS);
	}

	private pause(now: number, ms: number): void {
		this.current = WifiState.Pausing;
		this.since = now + ms;
		this.leave();
	}

	private leave(): void {
		try {
			this.radio.leave();
		} catch {
			this.faults++;
		}
	}
}
