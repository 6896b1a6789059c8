// Notices a dead link within one and a half keepalive intervals, in every case.
//
// A PINGREQ goes out after three quarters of the interval without sending [MQTT-3.1.2-23] or without
// receiving, so that steady QoS 0 traffic does not hide a dead link; half an interval later without its
// answer the link counts as dead: 1.25 intervals in all.

import type { Alarm, Clock, Timers } from "../core/clock.js";

export interface KeepAliveHandler {
	/** PINGREQ is due. */
	ping(): void;
	/** The broker has fallen silent. */
	dead(): void;
}

export class KeepAlive {
	/** When something went out, and when something came in, last: monotonic ms. Written by the session. */
	lastSent = 0;
	lastReceived = 0;
	private readonly intervalMs: number;
	private readonly clock: Clock;
	private readonly handler: KeepAliveHandler;
	private readonly alarm: Alarm;
	/** When the PINGREQ that awaits its answer fell due; NaN if there is none. */
	private pinged = Number.NaN;

	/** An interval of 0 switches the keepalive off. */
	constructor(intervalMs: number, clock: Clock, timers: Timers, handler: KeepAliveHandler) {
		this.intervalMs = intervalMs;
		this.clock = clock;
		this.handler = handler;
		this.alarm = timers.create(() => this.check());
	}

	start(): void {
		this.lastSent = this.lastReceived = this.clock.monotonic();
		this.pinged = Number.NaN;
		if (this.intervalMs > 0) this.alarm.start(this.intervalMs * 0.75);
	}

	stop(): void {
		this.alarm.stop();
		this.pinged = Number.NaN;
	}

	/** PINGRESP has arrived. */
	answered(): void {
		this.pinged = Number.NaN;
	}

	private check(): void {
		const interval = this.intervalMs;
		const now = this.clock.monotonic();
		const waiting = !Number.isNaN(this.pinged);
		const due = waiting
			? this.pinged + interval * 0.5
			: Math.min(this.lastSent, this.lastReceived) + interval * 0.75;
		if (due > now) this.alarm.start(Math.ceil(due - now));
		else if (waiting) this.handler.dead();
		else {
			this.pinged = now;
			this.alarm.start(Math.ceil(interval * 0.5));
			this.handler.ping();
		}
	}
}
