// The types of values in own request templates.
import { BAD_ARGUMENT, decimal, isoTime, RowError } from "./arguments.js";
import { isSeverity } from "./inventory.js";

const TYPES = [
	"STRING",
	"DATE",
	"NUMBER",
	"INTEGER",
	"UNSIGNED",
	"FLAG",
	"SEVERITY",
	"ALARMSTATUS",
	"OPERATIONSTATUS",
] as const;
export type ValueType = (typeof TYPES)[number];

const ALARM_STATUSES = ["ACTIVE", "ACKNOWLEDGED", "CLEARED"];
const OPERATION_STATUSES = ["PENDING", "EXECUTING", "SUCCESSFUL", "FAILED"];

export function valueType(text: string): ValueType {
	const type = text === "" ? "STRING" : TYPES.find((known) => known === text);
	if (type === undefined) throw new RowError(BAD_ARGUMENT, `No such type of values: ${text}`);
	return type;
}

function numeric(text: string, fits: (value: number) => boolean): number | undefined {
	const value = decimal(text);
	return value !== undefined && fits(value) ? value : undefined;
}

/** A column's text as its type has it; throws a RowError where it is none. */
export function readValue(type: ValueType, text: string, path: string): unknown {
	const value = parse(type, text);
	if (value === undefined) throw new RowError(BAD_ARGUMENT, `${path} is no ${type}: ${text}`);
	return value;
}

function parse(type: ValueType, text: string): unknown {
	switch (type) {
		case "STRING":
			return text;
		case "DATE": {
			const time = text === "" ? Date.now() : isoTime(text);
			return time === undefined ? undefined : new Date(time).toISOString();
		}
		case "NUMBER":
			return numeric(text, () => true);
		case "INTEGER":
			return numeric(text, Number.isInteger);
		case "UNSIGNED":
			return numeric(text, (value) => Number.isInteger(value) && value >= 0);
		case "FLAG":
			return {};
		case "SEVERITY":
			return isSeverity(text) ? text : undefined;
		case "ALARMSTATUS":
			return ALARM_STATUSES.includes(text) ? text : undefined;
		case "OPERATIONSTATUS":
			return OPERATION_STATUSES.includes(text) ? text : undefined;
	}
}
