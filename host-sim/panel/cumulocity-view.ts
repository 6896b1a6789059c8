// What a Cumulocity tenant knows of a device, as the panel's operator sees it.

import type { Device } from "../cloud/cumulocity/inventory.js";
import type { Operation } from "../cloud/cumulocity/operations.js";
import type { Tenant } from "../cloud/cumulocity/tenant.js";
import type { Command } from "./messages.js";

/** Of alarms and events, the last ones; of children and of those that wait, the first. */
const MAX_SHOWN = 50;

function availability({ availability: state, lastMessage, requiredAvailability }: Device): object | null {
	if (requiredAvailability === undefined) return null;
	return { state: state ?? "AVAILABLE", minutes: requiredAvailability, lastMessage: lastMessage ?? null };
}

export function cumulocityView(tenant: Tenant, device: string): Record<string, unknown> {
	const { inventory, requests } = tenant;
	const own = inventory.devices.get(device);
	const family = inventory.family(device);
	const ours = <T extends { device: string }>(list: readonly T[]) =>
		list
			.filter((one) => family.has(one.device))
			.slice(-MAX_SHOWN)
			.map((one) => ({ ...one, child: one.device === device ? "" : one.device }));
	const children = [...family].flatMap((id) => (id === device ? [] : (inventory.devices.get(id) ?? [])));
	return {
		device: own ?? null,
		availability: own ? availability(own) : null,
		children: children.slice(0, MAX_SHOWN).map((child) => ({
			...{ id: child.id, name: child.name, type: child.type },
			operations: child.supportedOperations,
			state: child.service?.status ?? child.availability ?? "",
		})),
		waiting: requests
			.list()
			.slice(0, MAX_SHOWN)
			.map(({ id, status, creationTime }) => ({ id, status, at: creationTime })),
		alarms: ours(inventory.alarms),
		events: ours(inventory.events),
	};
}

/** What an operation asks for, in a few words. */
function asked(fragments: Readonly<Record<string, unknown>>): string {
	const [name = "", content] = Object.entries(fragments)[0] ?? [];
	if (Array.isArray(content)) return `${name} ${content.filter((one) => typeof one === "string").join(" ")}`;
	const { text = "", relayState = "" } = (content ?? {}) as { text?: string; relayState?: string };
	return name === "c8y_Command" ? text : `${name} ${relayState}`.trim();
}

/** An operation as it stands now, with what the device has answered. */
export function operationView(operation: Operation, device: string): Command {
	const { id, status, fragments, failureReason = "", result = [], creationTime: at, deviceId } = operation;
	const whose = deviceId === device ? "" : `${deviceId}: `;
	return { id, at, text: `${whose}${asked(fragments)}`, status, reason: failureReason || result.join(",") };
}
