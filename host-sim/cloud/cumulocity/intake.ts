// Takes in what one PUBLISH brings: measurements, events and alarms, as its processing mode has it.
import type { DeviceEvent, Severity } from "./inventory.js";
import type { NewMeasurement, Tenant } from "./tenant.js";
import type { Mode } from "./up-topic.js";

export interface NewAlarm {
	device: string;
	type: string;
	text: string;
	severity: Severity;
	time: number;
}

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

	alarm({ device, type, severity, text, time }: NewAlarm): void {
		if (this.stores) this.tenant.inventory.raise(device, type, severity, text, time);
		this.tell("alarm", device, type);
	}

	private get stores(): boolean {
		return STORED.includes(this.mode);
	}

	private tell(kind: "measurement" | "event" | "alarm", device: string, type: string): void {
		if (IN_REAL_TIME.includes(this.mode)) this.tenant.notify({ kind, device, type, at: Date.now() });
	}
}
