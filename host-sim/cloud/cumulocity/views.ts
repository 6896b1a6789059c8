// What a tenant remembers, as REST shows it.
import type { Alarm, Device, DeviceEvent, Inventory } from "./inventory.js";
import type { Operation } from "./operations.js";
import type { Measurement } from "./tenant.js";

export const iso = (time: number): string => new Date(time).toISOString();
const source = (id: string): object => ({ source: { id } });

const reference = ({ id, name }: Device): object => ({ managedObject: { id, name } });

export function showDevice(device: Device, inventory: Inventory): object {
	const { id, parent, name, type, creationTime, supportedOperations, hardware, firmware, agent } = device;
	return {
		id,
		name,
		type,
		owner: `device_${id}`,
		creationTime: iso(creationTime),
		...(parent === undefined && { c8y_IsDevice: {} }),
		c8y_SupportedOperations: supportedOperations,
		...device.fragments,
		childDevices: { references: inventory.childDevices(id).map(reference) },
		...(device.service && { ...device.service, name }),
		...(parent !== undefined && { deviceParents: { references: [{ managedObject: { id: parent } }] } }),
		...(hardware && { c8y_Hardware: hardware }),
		...(firmware && { c8y_Firmware: firmware }),
		...(agent && { c8y_Agent: agent }),
		...(device.relayArray && { c8y_RelayArray: device.relayArray }),
		...(device.requiredAvailability !== undefined && {
			c8y_RequiredAvailability: { responseInterval: device.requiredAvailability },
		}),
		...(device.availability && {
			c8y_Availability: {
				status: device.availability,
				lastMessage: iso(device.lastMessage ?? device.creationTime),
			},
		}),
	};
}

export function showMeasurement({
	id,
	device,
	type,
	time,
	fragment,
	series,
	value,
	unit,
}: Measurement): object {
	const point = unit === "" ? { value } : { value, unit };
	return { id, type, time: iso(time), ...source(device), [fragment]: { [series]: point } };
}

export function showEvent({ id, device, type, text, time, position, fragments }: DeviceEvent): object {
	const about = { ...fragments, ...(position && { c8y_Position: position }) };
	return { ...about, id, type, text, time: iso(time), ...source(device) };
}

export function showAlarm({ device, time, fragments, ...rest }: Alarm): object {
	return { ...fragments, ...rest, time: iso(time), ...source(device) };
}

export function showOperation(operation: Operation): object {
	const { id, deviceId, status, creationTime, fragments, failureReason, result } = operation;
	const shown: Record<string, unknown> = {
		id,
		deviceId,
		status,
		creationTime: iso(creationTime),
		...fragments,
	};
	if (failureReason !== undefined) shown.failureReason = failureReason;
	if (result && result.length > 0 && typeof shown.c8y_Command === "object") {
		shown.c8y_Command = { ...shown.c8y_Command, result: result.join(",") };
	}
	return shown;
}
