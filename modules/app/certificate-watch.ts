// The device's own certificate: days left as a measure once a day, an alarm before it ends, and a word in the
// log. What could not be told, for want of room or of the right time, is told later.

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** Whom the watch tells; false: there is no room for it now. */
export interface CertificateTeller {
	certificateDays(days: number): boolean;
	certificateAlarm(on: boolean, days: number, wallMs: number): boolean;
	/** An alarm of a boot before may stand in the cloud. */
	certificateAlarmStands(): boolean;
	/** For the log, once a boot. */
	certificateEnds(days: number): void;
}

export class CertificateWatch {
	private readonly end: number;
	private readonly alarmDays: number;
	/** Monotonic ms of the next look, and of the next measure. */
	private next = Number.NEGATIVE_INFINITY;
	private measureDue = Number.NEGATIVE_INFINITY;
	/** The alarm as it was told in this boot: 0 not, 1 on, 2 off. */
	private told = 0;
	private logged = false;

	/**
	 * A watch for a certificate that ends at `end`, ms since 1970; undefined where there is nothing to watch.
	 */
	static of(end: number | undefined, alarmDays: number): CertificateWatch | undefined {
		return end === undefined || Number.isNaN(end) ? undefined : new CertificateWatch(end, alarmDays);
	}

	constructor(end: number, alarmDays: number) {
		this.end = end;
		this.alarmDays = alarmDays;
	}

	/** To be called now and then; `wall`: ms since 1970, or -1. */
	tick(now: number, wall: number, teller: CertificateTeller): void {
		if (now < this.next || wall < 0) return;
		const days = Math.floor((this.end - wall) / DAY);
		let done = true;
		if (now >= this.measureDue) {
			if (teller.certificateDays(days)) this.measureDue = now + DAY;
			else done = false;
		}
		const on = days < this.alarmDays;
		if (this.told !== (on ? 1 : 2)) {
			if (on && !this.logged) teller.certificateEnds(days);
			this.logged ||= on;
			if (!on && !teller.certificateAlarmStands()) this.told = 2;
			else if (teller.certificateAlarm(on, days, wall)) this.told = on ? 1 : 2;
			else done = false;
		}
		if (done) this.next = now + HOUR;
	}
}
