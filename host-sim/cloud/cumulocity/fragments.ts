// Fragments of a device: some have a field of their own here, the others are kept as they came.
import { BAD_ARGUMENT, RowError } from "./arguments.js";
import type { Device } from "./inventory.js";

/** Fragments that have a field of a device, which stays of the same shape. */
const FIELDS: Readonly<Record<string, "hardware" | "firmware" | "agent">> = {
	c8y_Hardware: "hardware",
	c8y_Firmware: "firmware",
	c8y_Agent: "agent",
};
const MOST_FRAGMENTS = 200;
const NAME = /^(?!__proto__$)[^\s.$\p{Cc}]{1,128}$/u;

/** Throws unless this can be the name of a fragment, or a part of a path inside one. */
export function checkFragmentName(name: string): void {
	if (!NAME.test(name)) throw new RowError(BAD_ARGUMENT, `not a name of a fragment: ${name.slice(0, 128)}`);
}

const isTextList = (value: unknown): value is string[] =>
	Array.isArray(value) && value.every((item) => typeof item === "string");

/** Sets a fragment, or removes it with null. */
export function setFragment(device: Device, name: string, value: unknown): void {
	checkFragmentName(name);
	if (value === null) return removeFragment(device, name);
	if (name === "c8y_SupportedOperations" || name === "c8y_RelayArray") {
		if (!isTextList(value)) throw new RowError(BAD_ARGUMENT, `${name} has to be a list of texts`);
		if (name === "c8y_RelayArray") device.relayArray = value;
		else device.supportedOperations = value;
		return;
	}
	if (name === "c8y_RequiredAvailability") return setInterval(device, value);
	const field = Object.hasOwn(FIELDS, name) ? FIELDS[name] : undefined;
	if (field !== undefined) {
		if (typeof value !== "object") throw new RowError(BAD_ARGUMENT, `${name} has to be an object`);
		Object.assign(device, { [field]: value });
		return;
	}
	if (!Object.hasOwn(device.fragments, name) && Object.keys(device.fragments).length >= MOST_FRAGMENTS) {
		throw new RowError(BAD_ARGUMENT, `a device has at most ${MOST_FRAGMENTS} fragments`);
	}
	device.fragments[name] = value;
}

function setInterval(device: Device, value: unknown): void {
	const minutes = (value as { responseInterval?: unknown } | undefined)?.responseInterval;
	if (!Number.isInteger(minutes)) throw new RowError(BAD_ARGUMENT, "responseInterval is not an integer");
	device.requiredAvailability = minutes as number;
}

export function removeFragment(device: Device, name: string): void {
	if (name === "c8y_SupportedOperations") device.supportedOperations = [];
	else if (name === "c8y_RelayArray") delete device.relayArray;
	else if (name === "c8y_RequiredAvailability") delete device.requiredAvailability;
	else {
		const field = Object.hasOwn(FIELDS, name) ? FIELDS[name] : undefined;
		if (field !== undefined) delete device[field];
		delete device.fragments[name];
	}
}
