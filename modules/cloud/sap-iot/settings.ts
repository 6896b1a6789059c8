// The settings of the SAP IoT service: defaults and ranges.

import { flag, text, type Values, whole } from "../../core/schema.js";
import { ownerMistakes } from "../portions.js";
import type { SharedSettings } from "../shared-settings.js";

export const SAP = Object.freeze({
	/** Alternate id of the sensor in the device model. */
	sensor: text("mote-sensor", 64, 1),
	/** Alternate id of the capability for measures. */
	measureCapability: text("mote-measures", 64, 1),
	/** Alternate id of the capability for commands. */
	commandCapability: text("mote-commands", 64, 1),
	/**
	 * Alternate id of a capability that takes what became of each command: command, status and reason
	 * (string). Empty: nobody is told.
	 */
	resultCapability: text("", 64),
	/** The commands' property "Restart" (boolean) restarts the node. */
	restart: flag(false),
	/** Samples as arrays in property order instead of objects. */
	arrays: flag(false),
	/** Send measureMessageId, which newer gateways return in the ack. */
	messageId: flag(true),
	/**
	 * Name of a property of type date that takes the sample's time; then samples travel together. Empty:
	 * none.
	 */
	dateProperty: text("", 64),
	/** Longest wait for an ack. Unit: ms. */
	ackMs: whole(10_000, 500, 600_000),
});

/** A further sensor of the device in SAP's device model. */
export const SENSOR = Object.freeze({
	/** Its alternate id; empty: the sensor's name in the settings. */
	id: text("", 64),
	/** Alternate id of its capability for measures; empty: sap.measureCapability. */
	capability: text("", 64),
	/** Channels that are its own, such as "temperature,speed"; sap.sensor has the others. */
	channels: text("", 256),
});
export type SensorSettings = Values<typeof SENSOR>;

/** What this cloud reads. */
export type SapSettings = SharedSettings & {
	readonly sap: Values<typeof SAP>;
	readonly sensors: Readonly<Record<string, SensorSettings>>;
};

/** The alternate id of its capability for measures. */
export function sensorCapability(sap: SapSettings["sap"], { capability }: SensorSettings): string {
	return capability === "" ? sap.measureCapability : capability;
}

/** The alternate id of a further sensor. */
export function sensorId(name: string, { id }: SensorSettings): string {
	return id === "" ? name : id;
}

/**
 * What the ranges do not say: an array has a place for every property, so a value cannot be left out; and the
 * date has a property of its own.
 */
export function sapMistakes({ device, sap, sensors, channels, outbox }: SapSettings): string[] {
	if (device.cloud !== undefined && device.cloud !== "sap") return [];
	const mistakes = ownerMistakes("sensors", sensors, channels, outbox?.measures);
	const ids = [sap.sensor];
	const capabilities = [sap.measureCapability];
	for (const [name, sensor] of Object.entries(sensors)) {
		const id = sensorId(name, sensor);
		if (ids.includes(id)) mistakes.push(`sensors.${name}.id: another sensor has it`);
		ids.push(id);
		if (sensor.channels === "") mistakes.push(`sensors.${name}.channels: needs at least one`);
		// An array has a place for every property: channels of two sensors would be one another's.
		const capability = sensorCapability(sap, sensor);
		if (sap.arrays && capabilities.includes(capability))
			mistakes.push(`sensors.${name}.capability: sap.arrays needs one of its own`);
		capabilities.push(capability);
		if (sensor.capability !== "" && sensor.capability === sap.resultCapability)
			mistakes.push(`sensors.${name}.capability: sap.resultCapability is the same`);
	}
	if (sap.resultCapability !== "" && sap.resultCapability === sap.measureCapability)
		mistakes.push("sap.resultCapability: sap.measureCapability has it");
	if (sap.resultCapability !== "" && !sap.messageId)
		mistakes.push("sap.resultCapability: needs sap.messageId, which tells acks apart");
	for (const { key, property, intervalMs } of channels) {
		if (sap.arrays && intervalMs > 0)
			mistakes.push(`channels.${key}.intervalMs: not together with sap.arrays`);
		if (property === sap.dateProperty) mistakes.push(`channels.${key}.property: sap.dateProperty has it`);
	}
	return mistakes;
}
