// The static SmartREST templates a device publishes: what each row id does to the tenant.
import { ALARM_TEMPLATES } from "./alarm-templates.js";
import { type Arguments, RowError } from "./arguments.js";
import { EVENT_TEMPLATES } from "./event-templates.js";
import { INVENTORY_TEMPLATES } from "./inventory-templates.js";
import { MEASUREMENT_TEMPLATES } from "./measurement-templates.js";
import { OPERATION_TEMPLATES } from "./operation-templates.js";
import type { RowContext, Template, Templates } from "./row-context.js";

const TEMPLATES: Templates = {
	...INVENTORY_TEMPLATES,
	...MEASUREMENT_TEMPLATES,
	...ALARM_TEMPLATES,
	...EVENT_TEMPLATES,
	...OPERATION_TEMPLATES,
};

/** The ids that a tenant has. */
function ids(older: boolean): string[] {
	return [...Object.keys(TEMPLATES), "602"].filter((id) => !older || !SINCE_2023.has(id)).sort();
}

const SINCE_2023 = new Set(["125", "504", "505", "506", "507", "602"]);

/** What shows that a device is alive. */
const COUNTS = new Set(["125", "200", "201", "210", "211", "212", "301", "302", "303", "304", "400", "401"]);

/** What the processing modes q and c are for. */
const NARROW = new Set(["200", "201", "210", "211", "212", "400", "401"]);
const MALFORMED = 42;

/** Operation templates speak about a device, but bring no data that would create it. */
const CREATES_NOTHING = new Set(["100", "500", "501", "502", "503", "504", "505", "506", "507", "602"]);

/** Carries out one row, or throws a RowError and leaves everything as it was. */
export function carryOut(id: string, row: Arguments, context: RowContext): void {
	if (!ids(context.older).includes(id)) throw new RowError(40, "No static template for this message id");
	if (context.intake.narrow && !NARROW.has(id)) {
		throw new RowError(MALFORMED, "This processing mode is for measurements and events only");
	}
	if (id === "602") return context.reply("603", ...ids(context.older));
	(TEMPLATES[id] as Template)(row, context);
	if (!CREATES_NOTHING.has(id)) context.own();
	if (COUNTS.has(id)) context.tenant.availability.heard(context.device);
}
