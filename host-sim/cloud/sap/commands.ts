// Commands of the SAP IoT stand-in: from an operator's values or text to the message on commands/<device>.
import { commandValue, misfit } from "./convert.js";
import type { Capability, Sensor } from "./entities.js";
import { ModelError } from "./model-error.js";

/** The message for a command; throws a ModelError when a value does not fit the capability. */
export function commandPayload(
	sensor: Sensor,
	capability: Capability,
	command: Record<string, unknown>,
): string {
	const members = Object.entries(command).map(([name, value]) => {
		const property = capability.properties.find((candidate) => candidate.name === name);
		if (!property) throw new ModelError(`unknown property ${name}`);
		const problem = misfit(value, property);
		if (problem) throw new ModelError(problem);
		return `${JSON.stringify(name)}:${commandValue(value, property)}`;
	});
	const head = JSON.stringify({
		sensorAlternateId: sensor.alternateId,
		capabilityAlternateId: capability.alternateId,
	});
	return `${head.slice(0, -1)},"command":{${members.join(",")}}}`;
}

/** A command text as members of the command capability. */
export function commandOf(text: string): Record<string, unknown> {
	const [, actuator, argument = ""] = /^(led|buzzer|speed) (\S+)$/.exec(text) ?? [];
	const isSwitch = argument === "on" || argument === "off";
	// Booleans as strings, the harder of the two forms in which they reach a device.
	if (actuator === "led" && isSwitch) return { LED: String(argument === "on") };
	if (actuator === "buzzer" && isSwitch) return { Buzzer: String(argument === "on") };
	if (actuator === "speed" && argument === "stop") return { Speed: 0 };
	if (actuator === "speed" && /^-?\d+(\.\d+)?$/.test(argument)) return { Speed: argument };
	return { Command: text };
}
