// What is done about a server that is not reached, from the mildest to the last step:
//
//   1. a new socket, with a new DNS question: each attempt of the session (its backoff says when)
//   2. Wi-Fi is left and joined again: after REJOIN_FAILURES attempts in vain in at least REJOIN_MS
//   3. the machine is restarted: after RESTART_MS, RESTART_BUDGET times, from then on every LATE_RESTART_MS
//
// A server that is reached and refuses (a certificate, a password, CONNACK) is no reason for 2 and 3: the
// link is good, and a restart would lose what is not kept in flash.

import type { Store } from "../core/store.js";

/** Restarts in a row, in the store. */
const BUDGET_KEY = "recoveries";
const REJOIN_FAILURES = 6;
const REJOIN_MS = 120_000;
const RESTART_MS = 3_600_000;
const RESTART_BUDGET = 3;
const LATE_RESTART_MS = 24 * 3_600_000;

export const Step = Object.freeze({ None: 0, Rejoin: 1, Restart: 2 } as const);

/** Whoever took the connection said nothing. */
const SILENCES: readonly string[] = Object.freeze([
	"connack-timeout",
	"closed-before-connack",
	"connection-lost",
	"upgrade-silent",
]);

export class Recovery {
	/** Attempts in vain, by what failed. */
	dnsFailures = 0;
	connectFailures = 0;
	/** Connections that ended without a word. */
	silences = 0;
	tlsFailures = 0;
	/** The server was reached and did not let us in. */
	refusals = 0;
	/** Times Wi-Fi was joined again. */
	rejoins = 0;
	private readonly store: Store;
	/** Restarts by step 3 in a row that led to this boot. */
	readonly restarts: number;
	/** Those of them that no open session has made good. */
	private spent: number;
	/** Attempts in vain since Wi-Fi was joined. */
	private failures = 0;
	/** Monotonic ms of the last time the server was reached, or of the boot, and of the last step 2. */
	private reachedAt: number;
	private rejoinedAt: number;
	private open = false;
	private restartAsked = false;

	constructor(store: Store, now: number) {
		this.store = store;
		const restarts = store.get(BUDGET_KEY);
		this.restarts = this.spent = typeof restarts === "number" ? restarts : 0;
		this.reachedAt = this.rejoinedAt = now;
	}

	/** The session is open. */
	opened(): void {
		this.open = true;
		this.spent = 0;
		if (this.store.get(BUDGET_KEY) !== undefined) this.store.delete(BUDGET_KEY);
	}

	/** A connection ended, or did not come about; `code` is a key of CLOSE_CODES. */
	closed(code: string, now: number): void {
		if (this.open) {
			this.open = false;
			this.reached(now);
			return;
		}
		if (code === "dns-failed") this.dnsFailures++;
		else if (code === "connect-failed" || code === "connect-timeout") this.connectFailures++;
		else if (SILENCES.includes(code))
			this.silences++; // it may be a captive portal
		else if (code === "network-lost" || code === "requested") return;
		else {
			if (code === "tls-failed") this.tlsFailures++;
			else this.refusals++;
			return this.reached(now);
		}
		this.failures++;
	}

	/** What is to be done now. With Wi-Fi down only the last step is left. */
	due(now: number, wifiUp: boolean): number {
		if (this.open || this.restartAsked) return Step.None;
		const patience = this.spent < RESTART_BUDGET ? RESTART_MS : LATE_RESTART_MS;
		if (now - this.reachedAt >= patience) return Step.Restart;
		if (!wifiUp || this.failures < REJOIN_FAILURES || now - this.rejoinedAt < REJOIN_MS) return Step.None;
		return Step.Rejoin;
	}

	rejoined(now: number): void {
		this.rejoins++;
		this.failures = 0;
		this.rejoinedAt = now;
	}

	/** To be called before step 3. */
	restarting(): void {
		this.restartAsked = true;
		this.store.set(BUDGET_KEY, this.spent + 1);
	}

	private reached(now: number): void {
		this.failures = 0;
		this.reachedAt = this.rejoinedAt = now;
	}
}
