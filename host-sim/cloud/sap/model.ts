// The device model of an SAP IoT tenant: capabilities, one sensor type, and the devices with their sensors.
import { randomUUID } from "node:crypto";

export type DataType = "integer" | "long" | "float" | "double" | "boolean" | "string" | "binary" | "date";

export interface Property {
	name: string;
	dataType: DataType;
	unitOfMeasure?: string;
}

export interface CapabilityModel {
	alternateId: string;
	name: string;
	properties: readonly Property[];
}

export interface SapModel {
	sensorAlternateId: string;
	measureCapability: CapabilityModel;
	commandCapability: CapabilityModel;
}

export const DEFAULT_MODEL: SapModel = {
	sensorAlternateId: "mote-sensor",
	measureCapability: {
		alternateId: "mote-measures",
		name: "Mote measures",
		properties: [
			{ name: "temperature", dataType: "double", unitOfMeasure: "°C" },
			{ name: "led", dataType: "integer", unitOfMeasure: "%" },
			{ name: "buzzer", dataType: "integer", unitOfMeasure: "Hz" },
			{ name: "speed", dataType: "double", unitOfMeasure: "rpm" },
		],
	},
	commandCapability: {
		alternateId: "mote-commands",
		name: "Mote commands",
		properties: [
			{ name: "LED", dataType: "boolean" },
			{ name: "Buzzer", dataType: "boolean" },
			{ name: "Speed", dataType: "float" },
			{ name: "Command", dataType: "string" },
		],
	},
};

export interface Capability extends CapabilityModel {
	id: string;
	use: "measure" | "command";
}

export interface Sensor {
	id: string;
	deviceId: string;
	sensorTypeId: string;
	name: string;
	alternateId: string;
}

export interface SapDevice {
	id: string;
	alternateId: string;
	creationTimestamp: number;
	sensors: Sensor[];
}

const FIRST_DEVICE = 5;
const FIRST_SENSOR = 10;
export const SENSOR_TYPE_ALTERNATE_ID = "4";
export const MQTT_GATEWAY = "2";

export class DeviceModel {
	readonly capabilities: readonly Capability[];
	readonly sensorTypeId = randomUUID();
	readonly devices = new Map<string, SapDevice>();
	private readonly sensorAlternateId: string;
	private sensorCount = 0;

	constructor(model: SapModel) {
		this.sensorAlternateId = model.sensorAlternateId;
		this.capabilities = [
			{ ...model.measureCapability, id: randomUUID(), use: "measure" },
			{ ...model.commandCapability, id: randomUUID(), use: "command" },
		];
	}

	get sensors(): Sensor[] {
		return [...this.devices.values()].flatMap((device) => device.sensors);
	}

	/** The device with this alternateId, made with its sensor when it is new. */
	ensure(alternateId: string): SapDevice {
		const known = this.devices.get(alternateId);
		if (known) return known;
		const id = String(FIRST_DEVICE + this.devices.size);
		const device: SapDevice = { id, alternateId, creationTimestamp: Date.now(), sensors: [] };
		this.devices.set(alternateId, device);
		this.addSensor(device, this.sensorAlternateId);
		return device;
	}

	addSensor(device: SapDevice, alternateId: string): Sensor {
		const id = String(FIRST_SENSOR + this.sensorCount++);
		const { sensorTypeId } = this;
		const sensor = { id, deviceId: device.id, sensorTypeId, name: `Sensor ${alternateId}`, alternateId };
		device.sensors.push(sensor);
		return sensor;
	}

	deviceById(id: string): SapDevice | undefined {
		return [...this.devices.values()].find((device) => device.id === id);
	}
}
