// The devices, events and alarms a Cumulocity tenant remembers.
import { remember } from "../history.js";

export interface Device {
	/** The external id (c8y_Serial), which is also the device identifier of the client identifier. */
	id: string;
	/** The tenant's own id of it. */
	internalId: string;
	name: string;
	type: string;
	creationTime: number;
	supportedOperations: string[];
	hardware?: { serialNumber: string; model: string; revision: string };
	firmware?: { name: string; version: string; url: string };
	agent?: { name: string; version: string; url: string; maintainer: string };
	/** Minutes. 0 or less: the device is in maintenance. */
	requiredAvailability?: number;
	/** When something came in that counts for availability, ms since 1970. */
	lastMessage?: number;
	availability?: "AVAILABLE" | "UNAVAILABLE" | "MAINTENANCE";
	relayArray?: string[];
}

export interface DeviceEvent {
	id: string;
	device: string;
	type: string;
	text: string;
	time: number;
	position?: { lat: number; lng: number; alt: number; accuracy: number };
}

export type Severity = "CRITICAL" | "MAJOR" | "MINOR" | "WARNING";

export interface Alarm {
	id: string;
	device: string;
	type: string;
	text: string;
	severity: Severity;
	status: "ACTIVE" | "CLEARED";
	time: number;
	/** How often it was raised while active. */
	count: number;
}

export class Inventory {
	readonly devices = new Map<string, Device>();
	readonly events: DeviceEvent[] = [];
	readonly alarms: Alarm[] = [];
	private nextId = 1;

	/** Creates the device; undefined when it exists already. */
	create(id: string, name: string, type: string): Device | undefined {
		if (this.devices.has(id)) return undefined;
		const device: Device = {
			id,
			internalId: this.newId(),
			name: name || `MQTT Device ${id}`,
			type: type || "c8y_MQTTDevice",
			creationTime: Date.now(),
			supportedOperations: [],
		};
		this.devices.set(id, device);
		return device;
	}

	/** The device, created automatically on its first data. */
	ensure(id: string): Device {
		return this.create(id, "", "") ?? (this.devices.get(id) as Device);
	}

	addEvent(event: Omit<DeviceEvent, "id">): void {
		remember(this.events, { id: this.newId(), ...event });
	}

	activeAlarm(device: string, type: string): Alarm | undefined {
		return this.alarms.find(
			(alarm) => alarm.device === device && alarm.type === type && alarm.status === "ACTIVE",
		);
	}

	/** An alarm of a type that is active already is counted, not stored again. */
	raise(device: string, type: string, severity: Severity, text: string, time: number): void {
		const active = this.activeAlarm(device, type);
		if (active) {
			Object.assign(active, { severity, text, time, count: active.count + 1 });
			return;
		}
		this.alarms.push({ id: this.newId(), device, type, text, severity, status: "ACTIVE", time, count: 1 });
	}

	private newId(): string {
		return String(this.nextId++);
	}
}
