// The static SmartREST templates a device publishes: what each row id does to the tenant.
import { ALARM_TEMPLATES } from "./alarm-templates.js";
import { type Arguments, RowError } from "./arguments.js";
import { EVENT_TEMPLATES } from "./event-templates.js";
import { INVENTORY_TEMPLATES } from "./inventory-templates.js";
import { MEASUREMENT_TEMPLATES } from "./measurement-templates.js";
import { OPERATION_TEMPLATES } from "./operation-templates.js";
import type { RowContext, Template, Templates } from "./row-context.js";
import { SOFTWARE_TEMPLATES } from "./software-templates.js";

const TEMPLATES: Templates = {
	...INVENTORY_TEMPLATES,
	...SOFTWARE_TEMPLATES,
	...MEASUREMENT_TEMPLATES,
	...ALARM_TEMPLATES,
	...EVENT_TEMPLATES,
	...OPERATION_TEMPLATES,
};

/** Shown for 600. */
const PLATFORM_VERSION = "1021.0.0";
/** Those about the tenant itself. */
const ABOUT: Readonly<Record<string, (context: RowContext) => string[]>> = {
	"600": () => ["601", PLATFORM_VERSION],
	"602": ({ older }) => ["603", ...ids(older)],
};
const SINCE_2023 = new Set(["125", "408", "504", "505", "506", "507", "600", "602"]);
const ALL = [...Object.keys(TEMPLATES), ...Object.keys(ABOUT)].sort();

/** The ids that a tenant has. */
function ids(older: boolean): string[] {
	return ALL.filter((id) => !older || !SINCE_2023.has(id));
}

const MEASUREMENTS = Object.keys(MEASUREMENT_TEMPLATES);
/** What the processing modes q and c are for. */
const NARROW = new Set([...MEASUREMENTS, "400", "401", "402", "408"]);
const MALFORMED = 42;

/** What shows that a device is alive. */
const COUNTS = new Set(["125", ...MEASUREMENTS, "301", "302", "303", "304", "400", "401", "402", "408"]);

/** Operation templates speak about a device, but bring no data that would create it. */
const CREATES_NOTHING = new Set(["100", "104", ...Object.keys(OPERATION_TEMPLATES)]);

/** Carries out one row, or throws a RowError and leaves everything as it was. */
export function carryOut(id: string, row: Arguments, context: RowContext): void {
	if (!ids(context.older).includes(id)) throw new RowError(40, "No static template for this message id");
	if (context.intake.narrow && !NARROW.has(id)) {
		throw new RowError(MALFORMED, "This processing mode is for measurements and events only");
	}
	const about = Object.hasOwn(ABOUT, id) ? ABOUT[id] : undefined;
	if (about) return context.reply(...about(context));
	(TEMPLATES[id] as Template)(row, context);
	if (!CREATES_NOTHING.has(id)) context.own();
	if (COUNTS.has(id)) context.tenant.availability.heard(context.device);
}
