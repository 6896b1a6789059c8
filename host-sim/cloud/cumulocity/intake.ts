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

export class Intake {
	private readonly tenant: Tenant;
	private readonly stores: boolean;
	/** Number of the PUBLISH among those of a device that have measurements; 0 = none yet. */
	private publish = 0;

	constructor(tenant: Tenant, mode: Mode) {
		this.tenant = tenant;
		this.stores = mode === "s" || mode === "q";
	}

	measurement(measurement: NewMeasurement): void {
		// Each PUBLISH with measurements counts once, however many rows it has.
		this.publish ||= this.tenant.values.countPublish(measurement.device);
		if (this.stores) this.tenant.addMeasurement(measurement, this.publish);
	}

	event(event: Omit<DeviceEvent, "id">): void {
		if (this.stores) this.tenant.inventory.addEvent(event);
	}

	alarm({ device, type, severity, text, time }: NewAlarm): void {
		if (this.stores) this.tenant.inventory.raise(device, type, severity, text, time);
	}
}
