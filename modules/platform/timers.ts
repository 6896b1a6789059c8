// Re-armable timers on Moddable's `timer`. One timer object serves an alarm for life: it is parked and
// scheduled again, because making a new one for each deadline would allocate.

import Timer from "timer";
import type { Alarm, AlarmOwner, Timers } from "../core/clock.js";

/** A repeat interval keeps the SDK from freeing the timer after it has fired. */
const NEVER = 0x3fffffff;

/** A timer with what it is for: a closure for each would take three times the memory. */
interface OwnedTimer extends Timer {
	alarm: TimerAlarm;
}

function fire(timer: OwnedTimer): void {
	Timer.schedule(timer);
	timer.alarm.owner.due(timer.alarm);
}

class TimerAlarm implements Alarm {
	readonly owner: AlarmOwner;
	private timer: Timer | undefined;

	constructor(owner: AlarmOwner) {
		const timer = Timer.repeat(fire as (timer: Timer) => void, NEVER) as OwnedTimer;
		timer.alarm = this;
		Timer.schedule(timer);
		this.owner = owner;
		this.timer = timer;
	}
	start(ms: number): void {
		if (!this.timer) return;
		// Parked first: the SDK would still fire a timer that is due in the same pass as the one that moves it.
		Timer.schedule(this.timer);
		const wait = ms > 0 ? Math.ceil(ms) : 0;
		// The repeat interval is the wait: where it is another, the SDK on Linux forgets a timer that its own
		// callback has started, and cannot stop it any more (SDK 8.2.3, base/timer/lin/timer.c). It never
		// repeats, for the callback parks it first.
		Timer.schedule(this.timer, wait, wait > 0 ? wait : NEVER);
	}
	stop(): void {
		if (this.timer) Timer.schedule(this.timer);
	}
	close(): void {
		Timer.clear(this.timer);
		this.timer = undefined;
	}
}

export class SystemTimers implements Timers {
	create(owner: AlarmOwner): Alarm {
		return new TimerAlarm(owner);
	}
}
