// Static templates 400 to 408: events.
import { type Arguments, BAD_ARGUMENT, decimal, optionalNumber, RowError } from "./arguments.js";
import { setFragment } from "./fragments.js";
import type { DeviceEvent, Inventory } from "./inventory.js";
import { parsePath, setAt } from "./json-path.js";
import type { RowContext, Templates } from "./row-context.js";

const TRIPLE = 3;
const PARAMETERS = "c8y_ParameterUpdate";

function location(row: Arguments, { device, intake }: RowContext): NonNullable<DeviceEvent["position"]> {
	const [lat, lng] = [optionalNumber(row, 0, "latitude"), optionalNumber(row, 1, "longitude")];
	const [alt, accuracy] = [optionalNumber(row, 2, "altitude"), optionalNumber(row, 3, "accuracy")];
	const position = { lat, lng, alt, accuracy };
	intake.event({ device, type: "c8y_LocationUpdate", text: "Location updated", time: row.time(4), position });
	return position;
}

/** A parameter's value by the letter of its type. */
function parameter(type: string, text: string, path: string): string | number | boolean {
	if (type === "s") return text;
	if (type === "b" && (text === "true" || text === "false")) return text === "true";
	const value = type === "n" ? decimal(text) : undefined;
	if (value === undefined) throw new RowError(BAD_ARGUMENT, `${path} is no value of type ${type}: ${text}`);
	return value;
}

function parameters(row: Arguments): Record<string, unknown> {
	const found: Record<string, unknown> = {};
	const count = row.rest(TRIPLE).length;
	if (count === 0) throw new RowError(BAD_ARGUMENT, "path is missing");
	for (let at = TRIPLE; at < TRIPLE + count; at += TRIPLE) {
		const [path, type] = [row.mandatory(at, "path"), row.mandatory(at + 1, "type")];
		setAt(found, parsePath(path), row.text(at + 2) === "" ? null : parameter(type, row.text(at + 2), path));
	}
	return found;
}

function lastEvent(inventory: Inventory, device: string, type: string): DeviceEvent | undefined {
	return inventory.events.findLast((event) => event.device === device && event.type === type);
}

export const EVENT_TEMPLATES: Templates = {
	"400": (row, { device, intake }) => {
		const [type, text, time] = [row.mandatory(0, "type"), row.mandatory(1, "text"), row.time(2)];
		intake.event({ device, type, text, time });
	},
	"401": (row, context) => void location(row, context),
	"402": (row, context) => {
		const position = location(row, context);
		if (context.intake.stores) setFragment(context.own(), "c8y_Position", position);
	},
	"407": (row, { tenant, device }) => {
		const type = row.mandatory(0, "type");
		const event = lastEvent(tenant.inventory, device, type);
		if (!event) throw new RowError(BAD_ARGUMENT, `No event of type ${type}`);
		for (const fragment of row.rest(1)) delete event.fragments?.[fragment];
	},
	"408": (row, { tenant, device, intake }) => {
		const [text, time] = [row.text(0) || "Parameters updated", row.time(1)];
		const onlyChanges = row.boolean(2, "changeDetect", false);
		const fragments = { [PARAMETERS]: parameters(row) };
		const last = lastEvent(tenant.inventory, device, PARAMETERS);
		if (onlyChanges && JSON.stringify(last?.fragments) === JSON.stringify(fragments)) return;
		intake.event({ device, type: PARAMETERS, text, time, fragments });
	},
};
