// What a device model of SAP IoT is made of, in the words of its management interface.

export const DATA_TYPES = [
	"integer",
	"long",
	"float",
	"double",
	"boolean",
	"string",
	"binary",
	"date",
] as const;
export type DataType = (typeof DATA_TYPES)[number];

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

export interface Capability extends CapabilityModel {
	id: string;
}

export type Use = "measure" | "command";

export interface SensorType {
	id: string;
	/** A whole number, as text. */
	alternateId: string;
	name: string;
	/** By id; a capability may be there for both uses. */
	capabilities: readonly { id: string; type: Use }[];
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
	gatewayId: string;
	name: string;
	alternateId: string;
	creationTimestamp: number;
	sensors: Sensor[];
}

/** The longest name or alternate id, in characters. */
export const LONGEST = { name: 255, alternateId: 64 };
/** The most of each kind; sensors to a device, properties to a capability, uses to a sensor type. */
export const MOST = {
	capabilities: 1000,
	sensorTypes: 1000,
	devices: 1000,
	sensors: 100,
	properties: 100,
	uses: 100,
};
