// The availability clock of a tenant. A device has to send a measurement, an event, an alarm or a heartbeat
// (125) within its required interval. If it does not, it counts as unavailable and an alarm stands until it
// sends one. MQTT's own packets (PINGREQ, CONNECT) and the answers of operations do not count; the last will
// does.

import type { ReportEvent } from "../events.js";
import type { Inventory } from "./inventory.js";

export const UNAVAILABLE_ALARM = "c8y_UnavailabilityAlarm";
const TEXT = "No data received from the device within the required interval.";
const MINUTE_MS = 60_000;
/** Pause between looks, ms. */
const PAUSE_MS = 10_000;

export class AvailabilityClock {
	readonly #inventory: Inventory;
	readonly #report: ReportEvent;
	readonly #now: () => number;
	#timer: NodeJS.Timeout | undefined;

	/** `now` gives ms since 1970. */
	constructor(inventory: Inventory, report: ReportEvent, now: () => number) {
		this.#inventory = inventory;
		this.#report = report;
		this.#now = now;
	}

	start(): void {
		this.#timer = setInterval(() => this.check(), PAUSE_MS).unref();
	}
	stop(): void {
		clearInterval(this.#timer);
	}

	/** Something of this device came in that counts. */
	heard(id: string): void {
		this.#inventory.ensure(id).lastMessage = this.#now();
		this.check();
	}

	/** Judges every device; returns nothing new where nothing has changed. */
	check(): void {
		for (const device of this.#inventory.devices.values()) {
			const { id, requiredAvailability, lastMessage = device.creationTime } = device;
			if (requiredAvailability === undefined) continue;
			const before = device.availability;
			if (requiredAvailability <= 0) device.availability = "MAINTENANCE";
			else {
				const silentMs = this.#now() - lastMessage;
				device.availability = silentMs > requiredAvailability * MINUTE_MS ? "UNAVAILABLE" : "AVAILABLE";
			}
			if (device.availability === before) continue;
			if (device.availability === "UNAVAILABLE") {
				this.#inventory.raise({
					...{ device: id, type: UNAVAILABLE_ALARM, text: TEXT },
					...{ severity: "MAJOR", time: this.#now() },
				});
				this.#report({
					kind: "warning",
					device: id,
					text: `unavailable: nothing that counts came in ${requiredAvailability} minutes`,
				});
			} else {
				const alarm = this.#inventory.activeAlarm(id, UNAVAILABLE_ALARM);
				if (alarm) alarm.status = "CLEARED";
			}
		}
	}
}
