// Reads what an operator POSTs to make capabilities, sensor types, devices and sensors.
import {
	type CapabilityModel,
	DATA_TYPES,
	type DataType,
	LONGEST,
	MOST,
	type Property,
	type SapDevice,
	type SensorType,
	type Use,
} from "./entities.js";
import { alternateIdOf, type Json, listOf, members, shown, textOf } from "./input.js";
import { type DeviceModel, MQTT_GATEWAY, REST_GATEWAY } from "./model.js";
import { ModelError } from "./model-error.js";

export interface Named {
	name: string;
	alternateId: string | undefined;
}

const TYPE_NUMBER_MAX = 0x7fffffff;

function named(body: Json, what: string): Named {
	return { name: textOf(body.name, `${what}'s name`), alternateId: alternateIdOf(body.alternateId, what) };
}

function property(value: unknown): Property {
	const given = members(value, "a property", ["name", "dataType", "unitOfMeasure"]);
	const name = textOf(given.name, "a property's name", LONGEST.alternateId);
	const dataType = given.dataType as DataType;
	if (!DATA_TYPES.includes(dataType))
		throw new ModelError(
			`the dataType of property ${name} is ${shown(given.dataType)}, which is none of ${DATA_TYPES.join(", ")}`,
		);
	if (given.unitOfMeasure === undefined) return { name, dataType };
	const unitOfMeasure = textOf(
		given.unitOfMeasure,
		`the unitOfMeasure of property ${name}`,
		LONGEST.alternateId,
	);
	return { name, dataType, unitOfMeasure };
}

export function capabilityIn(body: unknown): Named & Pick<CapabilityModel, "properties"> {
	const given = members(body, "a capability", ["name", "alternateId", "properties"]);
	const properties = listOf(given.properties, "a capability's properties", MOST.properties).map(property);
	const twice = properties.find(({ name }, at) => properties.findIndex((other) => other.name === name) < at);
	if (twice) throw new ModelError(`the property ${shown(twice.name)} is there twice`);
	return { ...named(given, "a capability"), properties };
}

function use(value: unknown): { id: string; type: Use } {
	const what = "a sensor type's capability";
	const given = members(value, what, ["id", "type"]);
	const id = textOf(given.id, `${what}'s id`);
	// Taken in capitals too, as an older tutorial writes them.
	const type = typeof given.type === "string" ? given.type.toLowerCase() : undefined;
	if (type !== "measure" && type !== "command")
		throw new ModelError(`${what} has the type ${shown(given.type)}, which is neither measure nor command`);
	return { id, type };
}

export function sensorTypeIn(body: unknown): Named & Pick<SensorType, "capabilities"> {
	const given = members(body, "a sensor type", ["name", "alternateId", "capabilities"]);
	const { name, alternateId } = named(given, "a sensor type");
	const number = /^(0|[1-9]\d{0,9})$/;
	if (alternateId !== undefined && !(number.test(alternateId) && Number(alternateId) <= TYPE_NUMBER_MAX))
		throw new ModelError(
			`a sensor type's alternateId is a whole number from 0 to ${TYPE_NUMBER_MAX}, as text`,
		);
	const capabilities = listOf(given.capabilities, "a sensor type's capabilities", MOST.uses).map(use);
	const twice = capabilities.find(
		({ id, type }, at) => capabilities.findIndex((other) => other.id === id && other.type === type) < at,
	);
	if (twice) throw new ModelError(`the capability ${twice.id} is there twice as ${twice.type}`);
	return { name, alternateId, capabilities };
}

export function deviceIn(body: unknown): Named {
	const given = members(body, "a device", ["name", "alternateId", "gatewayId", "authorizations"]);
	const gateway = textOf(given.gatewayId, "a device's gatewayId");
	if (gateway === REST_GATEWAY)
		throw new ModelError(
			`gateway ${REST_GATEWAY} is listed only: devices send by MQTT here, so take ${MQTT_GATEWAY}`,
		);
	if (gateway !== MQTT_GATEWAY) throw new ModelError(`there is no gateway with the id ${shown(gateway)}`);
	if (given.authorizations !== undefined)
		throw new ModelError("authorizations are not part of this stand-in: no device speaks for another");
	const { name, alternateId } = named(given, "a device");
	// It is a level of topics and a part of the certificate's common name.
	if (alternateId !== undefined && /[/+#|]/.test(alternateId))
		throw new ModelError("a device's alternateId has none of the characters / + # |");
	return { name, alternateId };
}

export function sensorIn(body: unknown, model: DeviceModel): Named & { device: SapDevice; type: SensorType } {
	const given = members(body, "a sensor", ["name", "alternateId", "deviceId", "sensorTypeId"]);
	const deviceId = textOf(given.deviceId, "a sensor's deviceId");
	const device = model.deviceById(deviceId);
	if (!device) throw new ModelError(`there is no device with the id ${shown(deviceId)}`);
	const typeId = textOf(given.sensorTypeId, "a sensor's sensorTypeId");
	const type = model.sensorType(typeId);
	if (!type) throw new ModelError(`there is no sensor type with the id ${shown(typeId)}`);
	return { ...named(given, "a sensor"), device, type };
}
