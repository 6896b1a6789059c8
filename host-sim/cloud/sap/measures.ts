// Checks a measures message of an SAP IoT device and turns it into samples.
import { convert } from "./convert.js";
import { type Capability, LONGEST, type SapDevice, type Sensor, type SensorType } from "./entities.js";
import { isObject, type Json, SHOWN, shown } from "./input.js";
import type { DeviceModel } from "./model.js";
import { ModelError } from "./model-error.js";
import { timestamp } from "./time.js";

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

function text(message: Json, name: string): string {
	const value = message[name];
	if (typeof value !== "string" || value === "") throw new ModelError(`${name} is missing or no string`);
	return value;
}

/** The sensor that a message names, and the one that the device has. */
interface Named {
	alternateId: string | undefined;
	type: SensorType;
	known: Sensor | undefined;
}

function typeOf(message: Json, model: DeviceModel): SensorType | undefined {
	const alternateId = message.sensorTypeAlternateId;
	if (alternateId === undefined) return undefined;
	const type = model.sensorTypes.find((candidate) => candidate.alternateId === alternateId);
	if (!type) throw new ModelError(`unknown sensor type ${shown(alternateId)}`);
	return type;
}

/** A sensor that the device has not is taken when its type is told: the service makes it then. */
function sensorOf(message: Json, device: SapDevice, model: DeviceModel): Named {
	const type = typeOf(message, model);
	if (message.sensorAlternateId === undefined && type) {
		const known = device.sensors.find(({ sensorTypeId }) => sensorTypeId === type.id);
		return { alternateId: known?.alternateId, type, known };
	}
	const alternateId = text(message, "sensorAlternateId");
	const known = device.sensors.find((sensor) => sensor.alternateId === alternateId);
	if (known) return { alternateId, type: model.sensorType(known.sensorTypeId) as SensorType, known };
	if (!type) throw new ModelError(`unknown sensor ${alternateId.slice(0, SHOWN)}`);
	if (alternateId.length > LONGEST.alternateId)
		throw new ModelError(`sensorAlternateId has more than ${LONGEST.alternateId} characters`);
	return { alternateId, type, known };
}

function capabilityOf(wanted: string, { alternateId, type }: Named, model: DeviceModel): Capability {
	const capability = model
		.capabilitiesOf(type.id, "measure")
		.find((candidate) => candidate.alternateId === wanted);
	if (capability) return capability;
	const name = wanted.slice(0, SHOWN);
	if (!model.capabilities.some((candidate) => candidate.alternateId === wanted))
		throw new ModelError(`unknown capability ${name}`);
	const sensor = alternateId ?? `type ${type.alternateId}`;
	throw new ModelError(`capability ${name} is no measure of sensor ${sensor}`);
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
	const wanted = text(message, "capabilityAlternateId");
	const sensor = sensorOf(message, device, model);
	const capability = capabilityOf(wanted, sensor, model);
	let time = Date.now();
	if (message.timestamp !== undefined) {
		const given = timestamp(message.timestamp);
		if (given === undefined) throw new ModelError("timestamp is neither milliseconds nor ISO 8601");
		time = given;
	}
	const samples = rowsOf(message.measures).map((row) => sampleOf(row, capability, time));
	// Last, because a refused message must not make a sensor.
	const { alternateId } = sensor.known ?? model.addSensor(device, sensor.type, sensor.alternateId);
	return { capability, sensorAlternateId: alternateId, samples };
}
