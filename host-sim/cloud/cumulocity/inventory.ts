// The devices, events and alarms a Cumulocity tenant remembers.
import { remember } from "../history.js";
import { RowError } from "./arguments.js";

export interface Device {
	/** The external id (c8y_Serial), which is also the device identifier of the client identifier. */
	id: string;
	/** The tenant's own id of it. */
	internalId: string;
	/** External id of the device that this one is a child of. */
	parent?: string;
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
	/** What has no field of its own, by name. */
	fragments: Record<string, unknown>;
	/** A child that is no device. */
	addition?: boolean;
	/** A piece of software that its parent runs; no device either. */
	service?: { serviceType: string; status: string };
}

export interface DeviceEvent {
	id: string;
	device: string;
	type: string;
	text: string;
	time: number;
	position?: { lat: number; lng: number; alt: number; accuracy: number };
	/** What else it carries, by name. */
	fragments?: Record<string, unknown>;
}

export type Severity = "CRITICAL" | "MAJOR" | "MINOR" | "WARNING";

const SEVERITIES: readonly string[] = ["CRITICAL", "MAJOR", "MINOR", "WARNING"];

export const isSeverity = (text: string): text is Severity => SEVERITIES.includes(text);

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
	/** What else it carries, by name. */
	fragments?: Record<string, unknown>;
}

export type NewAlarm = Omit<Alarm, "id" | "status" | "count">;

/** A device can make any number of children. */
const MOST_DEVICES = 10_000;
const SERVER_ERROR = 50;

export class Inventory {
	readonly devices = new Map<string, Device>();
	readonly events: DeviceEvent[] = [];
	readonly alarms: Alarm[] = [];
	private nextId = 1;

	/** Creates the device, as a child if it has a parent; undefined when it exists already. */
	create(id: string, name: string, type: string, parent?: string): Device | undefined {
		if (this.devices.has(id)) return undefined;
		if (this.devices.size >= MOST_DEVICES)
			throw new RowError(SERVER_ERROR, "The tenant takes no more devices");
		const device: Device = {
			id,
			internalId: this.newId(),
			...(parent !== undefined && { parent }),
			name: name || `MQTT Device ${id}`,
			type: type || (parent === undefined ? "c8y_MQTTDevice" : "c8y_MQTTChildDevice"),
			creationTime: Date.now(),
			supportedOperations: [],
			fragments: {},
		};
		this.devices.set(id, device);
		return device;
	}

	/** The device, created automatically on its first data, as a child if it has a parent. */
	ensure(id: string, parent?: string): Device {
		return this.create(id, "", "", parent) ?? (this.devices.get(id) as Device);
	}

	childrenOf(id: string): Device[] {
		return [...this.devices.values()].filter(({ parent }) => parent === id);
	}

	childDevices(id: string): Device[] {
		return this.childrenOf(id).filter(({ addition, service }) => !addition && !service);
	}

	/** The device, its children and theirs, in order of creation. */
	family(id: string): Set<string> {
		const members = new Set([id]);
		// A parent is always created before its children.
		for (const { id: member, parent } of this.devices.values()) {
			if (parent !== undefined && members.has(parent)) members.add(member);
		}
		return members;
	}

	/** The device that is connected for this one: itself, unless it is a child. */
	rootOf(id: string): string {
		let root = id;
		for (let parent: string | undefined = id; parent !== undefined; parent = this.devices.get(root)?.parent) {
			root = parent;
		}
		return root;
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
	raise(alarm: NewAlarm): void {
		const active = this.activeAlarm(alarm.device, alarm.type);
		if (active) Object.assign(active, alarm, { count: active.count + 1 });
		else remember(this.alarms, { id: this.newId(), ...alarm, status: "ACTIVE", count: 1 });
	}

	private newId(): string {
		return String(this.nextId++);
	}
}
