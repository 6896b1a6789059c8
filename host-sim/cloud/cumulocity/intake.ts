// Takes in what one PUBLISH brings: measurements, events and alarms, as its processing mode has it.
import type { DeviceEvent, NewAlarm } from "./inventory.js";
import type { NewMeasurement, Tenant } from "./tenant.js";
import type { Mode } from "./up-topic.js";

const STORED: readonly Mode[] = ["s", "q"];
const IN_REAL_TIME: readonly Mode[] = ["s", "t"];

export class Intake {
	private readonly tenant: Tenant;
	private readonly mode: Mode;
	/** Number of the PUBLISH among those of a device that have measurements; 0 = none yet. */
	private publish = 0;

	constructor(tenant: Tenant, mode: Mode) {
		this.tenant = tenant;
		this.mode = mode;
	}

	/** Whether this mode is for measurements and events only. */
	get narrow(): boolean {
		return this.mode === "q" || this.mode === "c";
	}

	/** Whether what comes is kept. */
	get stores(): boolean {
		return STORED.includes(this.mode);
	}

	measurement(measurement: NewMeasurement): void {
		// Each PUBLISH with measurements counts once, however many rows it has.
		this.publish ||= this.tenant.values.countPublish(measurement.device);
		if (this.stores) this.tenant.addMeasurement(measurement, this.publish);
		this.tell("measurement", measurement.device, measurement.type);
	}

	event(event: Omit<DeviceEvent, "id">): void {
		if (this.stores) this.tenant.inventory.addEvent(event);
		this.tell("event", event.device, event.type);
	}

	alarm(alarm: NewAlarm): void {
		if (this.stores) this.tenant.inventory.raise(alarm);
		this.tell("alarm", alarm.device, alarm.type);
	}

	private tell(kind: "measurement" | "event" | "alarm", device: string, type: string): void {
		if (IN_REAL_TIME.includes(this.mode)) this.tenant.notify({ kind, device, type, at: Date.now() });
	}
}
