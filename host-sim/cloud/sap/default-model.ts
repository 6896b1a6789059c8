// The device model that a node of this project finds there without anybody making one.
import type { CapabilityModel } from "./entities.js";

export interface FurtherSensor {
	alternateId: string;
	measureCapability: CapabilityModel;
}

export interface SapModel {
	sensorAlternateId: string;
	measureCapability: CapabilityModel;
	commandCapability: CapabilityModel;
	/** Sensors beside the first, each with what it measures. */
	furtherSensors?: readonly FurtherSensor[];
	/** Where the node tells what became of commands. */
	resultCapability?: CapabilityModel;
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
			{ name: "Restart", dataType: "boolean" },
		],
	},
};

/** For nodes that tell what became of commands. */
export const RESULTS: CapabilityModel = {
	alternateId: "mote-results",
	name: "Mote results",
	properties: [
		{ name: "command", dataType: "string" },
		{ name: "status", dataType: "string" },
		{ name: "reason", dataType: "string" },
	],
};
