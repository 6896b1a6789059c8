// Static templates 301 to 307: alarms.
import { BAD_ARGUMENT, RowError } from "./arguments.js";
import { isSeverity, type Severity } from "./inventory.js";
import type { Template, Templates } from "./row-context.js";

function raise(severity: Severity): Template {
	return (row, { device, intake }) => {
		const type = row.mandatory(0, "type");
		const text = row.text(1) || `Alarm of type ${type} raised`;
		intake.alarm({ device, type, severity, text, time: row.time(2) });
	};
}

export const ALARM_TEMPLATES: Templates = {
	"301": raise("CRITICAL"),
	"302": raise("MAJOR"),
	"303": raise("MINOR"),
	"304": raise("WARNING"),
	"305": (row, { tenant, device }) => {
		const [type, severity] = [row.mandatory(0, "type"), row.mandatory(1, "severity")];
		if (!isSeverity(severity)) throw new RowError(BAD_ARGUMENT, `No such severity: ${severity}`);
		const active = tenant.inventory.activeAlarm(device, type);
		if (!active) throw new RowError(BAD_ARGUMENT, `No active alarm of type ${type}`);
		active.severity = severity;
	},
	"307": (row, { tenant, device }) => {
		const type = row.mandatory(0, "type");
		row.mandatory(1, "fragment");
		const active = tenant.inventory.activeAlarm(device, type);
		if (!active) throw new RowError(BAD_ARGUMENT, `No active alarm of type ${type}`);
		for (const fragment of row.rest(1)) delete active.fragments?.[fragment];
	},
	"306": (row, { tenant, device }) => {
		// Clearing what is not active is no error: a device does so when it starts.
		const active = tenant.inventory.activeAlarm(device, row.mandatory(0, "type"));
		if (active) active.status = "CLEARED";
	},
};
