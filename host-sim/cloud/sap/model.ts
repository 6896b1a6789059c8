// The device model of an SAP IoT tenant: capabilities, sensor types, and the devices with their sensors.
import { randomBytes, randomUUID } from "node:crypto";
import type { FurtherSensor, SapModel } from "./default-model.js";
import {
	type Capability,
	type CapabilityModel,
	MOST,
	type SapDevice,
	type Sensor,
	type SensorType,
	type Use,
} from "./entities.js";
import { ModelError } from "./model-error.js";

/** Without an alternate id one is made up. */
type Made<Entity> = Omit<Entity, "alternateId"> & { alternateId?: string | undefined };

const FIRST_DEVICE = 5;
const FIRST_SENSOR = 10;
/** Of the node's own sensor type. */
const NODE_TYPE = "4";
export const MQTT_GATEWAY = "2";
export const REST_GATEWAY = "3";
/** A device made by an operator has a sensor of this type, which can do nothing. */
const UNTYPED = { id: "0", alternateId: "0", name: "Unknown", capabilities: [] } as const;
const UNTYPED_SENSOR = "0:0:0:0";

const madeUp = (): string => randomBytes(8).toString("hex");

export class DeviceModel {
	readonly capabilities: Capability[] = [];
	readonly sensorTypes: SensorType[] = [];
	/** By alternate id. */
	readonly devices = new Map<string, SapDevice>();
	/** Those that a node needs. */
	private readonly nodeSensors: Array<{ type: SensorType; alternateId: string }> = [];
	private sensorCount = 0;
	private nextType = Number(NODE_TYPE);

	constructor(model: SapModel) {
		const { sensorAlternateId, measureCapability, commandCapability, resultCapability } = model;
		const capabilities = [
			// Settings may give both the same alternate id: the node tells them apart by their use.
			{ id: this.newCapability(measureCapability).id, type: "measure" as const },
			{ id: this.newCapability(commandCapability).id, type: "command" as const },
			...(resultCapability
				? [{ id: this.newCapability(resultCapability).id, type: "measure" as const }]
				: []),
		];
		const type = this.addSensorType({ name: "Mote", alternateId: NODE_TYPE, capabilities });
		this.nodeSensors.push({ type, alternateId: sensorAlternateId });
		for (const sensor of model.furtherSensors ?? []) this.addNodeSensor(sensor);
		this.sensorTypes.push(UNTYPED);
	}

	private addNodeSensor({ alternateId, measureCapability }: FurtherSensor): void {
		const known = this.capabilities.find((one) => one.alternateId === measureCapability.alternateId);
		const { id } = known ?? this.newCapability(measureCapability);
		const capabilities = [{ id, type: "measure" as const }];
		const type = this.addSensorType({ name: `Mote ${alternateId}`, alternateId: undefined, capabilities });
		this.nodeSensors.push({ type, alternateId });
	}

	get sensors(): Sensor[] {
		return [...this.devices.values()].flatMap((device) => device.sensors);
	}

	addCapability({ name, alternateId = madeUp(), properties }: Made<CapabilityModel>): Capability {
		room(this.capabilities.length, MOST.capabilities, "capabilities");
		free(this.capabilities, alternateId, "capability");
		return this.newCapability({ name, alternateId, properties });
	}

	addSensorType({ name, alternateId, capabilities }: Omit<Made<SensorType>, "id">): SensorType {
		room(this.sensorTypes.length, MOST.sensorTypes, "sensor types");
		const given = alternateId ?? this.freeType();
		free(this.sensorTypes, given, "sensor type");
		for (const { id } of capabilities)
			if (!this.capability(id)) throw new ModelError(`there is no capability with the id ${quoted(id)}`);
		const type = { id: randomUUID(), alternateId: given, name, capabilities };
		this.sensorTypes.push(type);
		return type;
	}

	/** As an operator makes one: with a sensor that can do nothing. */
	addDevice({ name, alternateId = madeUp() }: { name: string; alternateId?: string | undefined }): SapDevice {
		room(this.devices.size, MOST.devices, "devices");
		free([...this.devices.values()], alternateId, "device");
		const device = this.newDevice(name, alternateId);
		this.addSensor(device, UNTYPED, UNTYPED_SENSOR, `Sensor: ${UNTYPED_SENSOR}`);
		return device;
	}

	/** The device with this alternate id; one that is new is made as a node needs it. */
	ensure(alternateId: string): SapDevice {
		const known = this.devices.get(alternateId);
		if (known) return known;
		const device = this.newDevice(alternateId, alternateId);
		for (const { type, alternateId } of this.nodeSensors) this.addSensor(device, type, alternateId);
		return device;
	}

	addSensor(
		device: SapDevice,
		type: SensorType,
		alternateId: string = madeUp(),
		name = `Sensor ${alternateId}`,
	): Sensor {
		room(device.sensors.length, MOST.sensors, `sensors of device ${device.id}`);
		free(device.sensors, alternateId, `sensor of device ${device.id}`);
		const id = String(FIRST_SENSOR + this.sensorCount++);
		const sensor = { id, deviceId: device.id, sensorTypeId: type.id, name, alternateId };
		device.sensors.push(sensor);
		return sensor;
	}

	capability(id: string): Capability | undefined {
		return this.capabilities.find((capability) => capability.id === id);
	}

	sensorType(id: string): SensorType | undefined {
		return this.sensorTypes.find((type) => type.id === id);
	}

	deviceById(id: string): SapDevice | undefined {
		return [...this.devices.values()].find((device) => device.id === id);
	}

	/** What a sensor of this type takes for this use. */
	capabilitiesOf(typeId: string, use: Use): Capability[] {
		const { capabilities = [] } = this.sensorType(typeId) ?? {};
		return capabilities.flatMap(({ id, type }) => {
			const capability = type === use ? this.capability(id) : undefined;
			return capability ? [capability] : [];
		});
	}

	private newCapability(made: CapabilityModel): Capability {
		const capability = { id: randomUUID(), ...made };
		this.capabilities.push(capability);
		return capability;
	}

	private newDevice(name: string, alternateId: string): SapDevice {
		const id = String(FIRST_DEVICE + this.devices.size);
		const creationTimestamp = Date.now();
		const device = { id, gatewayId: MQTT_GATEWAY, name, alternateId, creationTimestamp, sensors: [] };
		this.devices.set(alternateId, device);
		return device;
	}

	/** The next number that no sensor type has. */
	private freeType(): string {
		while (this.sensorTypes.some(({ alternateId }) => alternateId === String(this.nextType))) this.nextType++;
		return String(this.nextType);
	}
}

const quoted = (text: string): string => JSON.stringify(text);

function room(count: number, most: number, what: string): void {
	if (count >= most) throw new ModelError(`there are ${most} ${what} already, the most there may be`, 409);
}

function free(taken: readonly { alternateId: string }[], alternateId: string, what: string): void {
	if (taken.some((entity) => entity.alternateId === alternateId))
		throw new ModelError(`there is already a ${what} with the alternateId ${quoted(alternateId)}`, 409);
}
