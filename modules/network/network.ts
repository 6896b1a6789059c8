// The way to the network, for a board that has to make it itself: Wi-Fi, then the time, then the session may
// connect; and what is done when the server is not reached all the same.

import type { Random } from "../core/clock.js";
import type { Log } from "../core/log.js";
import type { Store } from "../core/store.js";
import { Recovery, Step } from "./recovery.js";
import { TimeKeeper, type TimeSource, type WallClock } from "./time-keeper.js";
import { type KnownNetwork, type Radio, WifiState, WifiSupervisor } from "./wifi-supervisor.js";

/** Longest wait for the time before a certificate is checked against the floor instead, ms. */
const TIME_MS = 30_000;

/** Joining: no Wi-Fi. Timeless: Wi-Fi, but the time is awaited. Up: the session may connect. */
export const NetworkState = Object.freeze({ Joining: 0, Timeless: 1, Up: 2 } as const);

export interface NetworkHandler {
	/** For whoever watches: a value of NetworkState. */
	networkChanged(state: number): void;
	/** The session may connect. */
	networkUp(): void;
	/** It may not: what it has is gone. */
	networkDown(): void;
	/** The last step of recovery: the machine is to be restarted. */
	networkLost(): void;
}

export interface NetworkParts {
	readonly radio: Radio;
	readonly networks: readonly KnownNetwork[];
	readonly clock: WallClock;
	readonly source: TimeSource;
	readonly servers: readonly string[];
	/** The server's certificate is checked, which takes some time of day. */
	readonly tls: boolean;
	readonly random: Random;
	readonly store: Store;
	readonly log: Log;
}

export class Network {
	readonly wifi: WifiSupervisor;
	readonly time: TimeKeeper;
	readonly recovery: Recovery;
	private readonly log: Log;
	private readonly tls: boolean;
	private handler: NetworkHandler | undefined;
	private now: number;
	/** Monotonic ms of the last wifiUp. */
	private wifiSince = 0;
	private state: number = NetworkState.Joining;

	constructor(parts: NetworkParts) {
		this.log = parts.log;
		this.tls = parts.tls;
		this.now = parts.clock.monotonic();
		this.wifi = new WifiSupervisor(parts.radio, parts.networks, parts.random, this);
		this.time = new TimeKeeper(parts.clock, parts.source, parts.store, parts.servers, parts.log);
		this.recovery = new Recovery(parts.store, this.now);
	}

	/** Whether the session may connect. */
	get up(): boolean {
		return this.state === NetworkState.Up;
	}

	start(handler: NetworkHandler, now: number): void {
		this.handler = handler;
		this.now = now;
		this.wifi.start(now);
	}

	stop(): void {
		this.state = NetworkState.Joining;
		this.handler = undefined;
		this.time.stop();
		this.wifi.stop();
	}

	/** The counters that are not 0, in a line. */
	report(): string {
		const { wifi, time, recovery } = this;
		const text =
			count("Wi-Fi joined", wifi.joined) +
			count("refused", wifi.refused) +
			count("timed out", wifi.timeouts) +
			count("without address", wifi.addressless) +
			count("lost", wifi.lost) +
			count("driver faults", wifi.faults) +
			count("joined anew", recovery.rejoins) +
			count("DNS failures", recovery.dnsFailures) +
			count("connect failures", recovery.connectFailures) +
			count("silent servers", recovery.silences) +
			count("TLS failures", recovery.tlsFailures) +
			count("refusals", recovery.refusals) +
			count("restarts", recovery.restarts) +
			count("time set", time.synchronized) +
			count("time failures", time.failures) +
			count("times doubted", time.doubted);
		return text.slice(0, -2);
	}

	/** To be called about twice a second. */
	tick(now: number): void {
		const handler = this.handler;
		if (!handler) return;
		this.now = now;
		this.wifi.tick(now);
		const joined = this.wifi.state === WifiState.Up;
		this.time.tick(now);
		if (joined && this.state !== NetworkState.Up && this.mayConnect(now)) {
			this.change(NetworkState.Up);
			handler.networkUp();
		}
		const step = this.recovery.due(now, joined);
		if (step === Step.Rejoin) {
			this.log.warn("the server cannot be reached; joining Wi-Fi again");
			this.recovery.rejoined(now);
			this.wifi.rejoin(now);
		} else if (step === Step.Restart) {
			this.log.error("the server could not be reached for too long; restarting");
			this.recovery.restarting();
			handler.networkLost();
		}
	}

	/**
	 * Without TLS the time can come later; with it, a certificate needs the time, or at least one that was
	 * known.
	 */
	private mayConnect(now: number): boolean {
		if (!this.tls || this.time.known) return true;
		return this.time.hasFloor && now - this.wifiSince >= TIME_MS;
	}

	// WifiHandler

	wifiUp(): void {
		this.wifiSince = this.now;
		this.log.info("Wi-Fi: joined ", this.wifi.ssid);
		this.time.start();
		if (!this.mayConnect(this.now)) this.change(NetworkState.Timeless);
	}

	wifiDown(): void {
		this.log.warn("Wi-Fi: lost");
		this.time.stop();
		const { up } = this;
		this.change(NetworkState.Joining);
		if (up) this.handler?.networkDown();
	}

	private change(state: number): void {
		if (this.state === state) return;
		this.state = state;
		this.handler?.networkChanged(state);
	}
}

function count(what: string, times: number): string {
	return times === 0 ? "" : `${what} ${times}, `;
}
