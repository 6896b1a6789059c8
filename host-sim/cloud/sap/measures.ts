// Checks a measures message of an SAP IoT device and turns it into samples.
import { convert } from "./convert.js";
import { type Capability, type DeviceModel, type SapDevice, SENSOR_TYPE_ALTERNATE_ID } from "./model.js";
import { timestamp } from "./time.js";

/** What does not fit the device model; becomes a 400 acknowledgement, or a 400 answer to an operator. */
export class ModelError extends Error {}

export interface SampleValue {
	property: string;
	unit: string;
	value: unknown;
	/** The value as the device wrote it, without JSON's quotes. */
	text: string;
}

export interface Sample {
	time: number;
	values: SampleValue[];
}

export interface MeasureMessage {
	capability: Capability;
	sensorAlternateId: string;
	samples: Sample[];
}

type Json = Record<string, unknown>;

const isObject = (value: unknown): value is Json =>
	typeof value === "object" && value !== null && !Array.isArray(value);

function text(message: Json, name: string): string {
	const value = message[name];
	if (typeof value !== "string" || value === "") throw new ModelError(`${name} is missing or no string`);
	return value;
}

/** Makes an unknown sensor when the message tells its type, as the service does. */
function sensorOf(message: Json, device: SapDevice, model: DeviceModel): string {
	const type = message.sensorTypeAlternateId;
	if (type !== undefined && type !== SENSOR_TYPE_ALTERNATE_ID) {
		throw new ModelError(`unknown sensor type ${JSON.stringify(type)}`);
	}
	if (message.sensorAlternateId === undefined && type !== undefined) {
		return (device.sensors[0] ?? model.addSensor(device, "0:0:0:0")).alternateId;
	}
	const alternateId = text(message, "sensorAlternateId");
	if (device.sensors.some((sensor) => sensor.alternateId === alternateId)) return alternateId;
	if (type === undefined) throw new ModelError(`unknown sensor ${alternateId}`);
	return model.addSensor(device, alternateId).alternateId;
}

function cells(row: unknown, { properties }: Capability): [string, unknown][] {
	if (Array.isArray(row)) {
		if (row.length !== properties.length) {
			throw new ModelError(`${row.length} columns instead of ${properties.length}`);
		}
		return properties.map(({ name }, index) => [name, row[index]]);
	}
	if (!isObject(row)) throw new ModelError("a sample is neither an object nor an array");
	const entries = Object.entries(row);
	if (entries.length === 0) throw new ModelError("a sample has no values");
	return entries;
}

function sampleOf(row: unknown, capability: Capability, messageTime: number): Sample {
	const sample: Sample = { time: messageTime, values: [] };
	for (const [name, raw] of cells(row, capability)) {
		const property = capability.properties.find((candidate) => candidate.name === name);
		if (!property) throw new ModelError(`unknown property ${name}`);
		const value = convert(raw, property.dataType);
		if (value === undefined) {
			throw new ModelError(`value of ${name} cannot be converted to ${property.dataType}`);
		}
		// A property of type date is the time of its own sample.
		if (property.dataType === "date") sample.time = value as number;
		const written = typeof raw === "string" ? raw : JSON.stringify(raw);
		sample.values.push({ property: name, unit: property.unitOfMeasure ?? "", value, text: written });
	}
	return sample;
}

function rowsOf(measures: unknown): unknown[] {
	if (isObject(measures)) return [measures];
	if (!Array.isArray(measures) || measures.length === 0) {
		throw new ModelError("measures is missing or not a filled array");
	}
	// A flat array of values is one sample.
	const flat = measures.every((item) => typeof item !== "object" || item === null);
	return flat ? [measures] : measures;
}

export function readMeasures(message: unknown, device: SapDevice, model: DeviceModel): MeasureMessage {
	if (!isObject(message)) throw new ModelError("the message is not a JSON object");
	const capabilityAlternateId = text(message, "capabilityAlternateId");
	const capability = model.capabilities.find(
		(candidate) => candidate.alternateId === capabilityAlternateId && candidate.use === "measure",
	);
	if (!capability) throw new ModelError(`unknown capability ${capabilityAlternateId}`);
	let time = Date.now();
	if (message.timestamp !== undefined) {
		const given = timestamp(message.timestamp);
		if (given === undefined) throw new ModelError("timestamp is neither milliseconds nor ISO 8601");
		time = given;
	}
	const samples = rowsOf(message.measures).map((row) => sampleOf(row, capability, time));
	// Last, because it may create a sensor, which a refused message must not do.
	return { capability, sensorAlternateId: sensorOf(message, device, model), samples };
}
