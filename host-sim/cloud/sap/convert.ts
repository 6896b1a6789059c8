// Converts JSON values to a property's declared data type, as SAP IoT does for measures and for commands.

import type { DataType, Property } from "./entities.js";
import { isoTimestamp } from "./time.js";

const INTEGER_MAX = 0x7fffffff;
const NUMBER = /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

function toNumber(value: unknown): number | undefined {
	if (typeof value === "number") return value;
	if (typeof value !== "string" || !NUMBER.test(value)) return undefined;
	const number = Number(value);
	return Number.isFinite(number) ? number : undefined;
}

function whole(value: unknown, limit: number): number | undefined {
	const number = toNumber(value);
	if (number === undefined || !Number.isInteger(number)) return undefined;
	return number >= -limit - 1 && number <= limit ? number : undefined;
}

const CONVERT: Record<DataType, (value: unknown) => unknown> = {
	integer: (value) => whole(value, INTEGER_MAX),
	long: (value) => whole(value, 2 ** 63),
	float: toNumber,
	double: toNumber,
	boolean: (value) => {
		if (typeof value === "boolean") return value;
		return value === "true" ? true : value === "false" ? false : undefined;
	},
	string: (value) => {
		if (typeof value === "string") return value;
		return typeof value === "number" || typeof value === "boolean" ? String(value) : undefined;
	},
	binary: (value) => (typeof value === "string" && BASE64.test(value) ? value : undefined),
	date: (value) => (typeof value === "string" ? isoTimestamp(value) : undefined),
};

/** The value in the declared type (dates as ms since 1970); undefined when it cannot be converted. */
export function convert(value: unknown, type: DataType): unknown {
	return CONVERT[type](value);
}

const NUMERIC: ReadonlySet<DataType> = new Set(["integer", "long", "float", "double"]);
const FRACTIONAL: ReadonlySet<DataType> = new Set(["float", "double"]);

/** Why a command's value is refused; undefined when it fits. */
export function misfit(value: unknown, { name, dataType }: Property): string | undefined {
	return convert(value, dataType) === undefined
		? `value of ${name} cannot be converted to ${dataType}`
		: undefined;
}

/**
 * A command's value as JSON text: numbers sent as strings become numbers, booleans sent as strings stay
 * strings, and whole floats keep their ".0", all as the service does.
 */
export function commandValue(value: unknown, { dataType }: Property): string {
	if (!NUMERIC.has(dataType)) return JSON.stringify(value);
	const number = toNumber(value) as number;
	const text = JSON.stringify(number);
	return FRACTIONAL.has(dataType) && /^-?\d+$/.test(text) ? `${text}.0` : text;
}
