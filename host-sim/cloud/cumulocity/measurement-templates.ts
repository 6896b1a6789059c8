// Static templates 200 to 212: measurements.
import { type Arguments, BAD_ARGUMENT, RowError } from "./arguments.js";
import type { RowContext, Templates } from "./row-context.js";
import type { NewMeasurement } from "./tenant.js";

const QUAD = 4;

function measureMany(row: Arguments, { device, intake }: RowContext): void {
	const type = row.mandatory(0, "type");
	const time = row.time(1);
	const count = row.rest(2).length;
	if (count === 0) throw new RowError(BAD_ARGUMENT, "fragment is missing");
	// Nothing is stored unless all of the row is right.
	const measurements: NewMeasurement[] = [];
	for (let at = 2; at < 2 + count; at += QUAD) {
		const fragment = row.mandatory(at, "fragment");
		const series = row.mandatory(at + 1, "series");
		const value = row.number(at + 2, "value");
		const [text, unit] = [row.text(at + 2), row.text(at + 3)];
		measurements.push({ device, type, time, fragment, series, value, text, unit });
	}
	for (const measurement of measurements) intake.measurement(measurement);
}

function signalStrength(row: Arguments, { device, intake }: RowContext): void {
	const type = "c8y_SignalStrength";
	for (const [at, series, unit] of [
		[0, "rssi", "dBm"],
		[1, "ber", "%"],
	] as const) {
		if (row.text(at) === "") continue;
		const [value, text] = [row.number(at, series), row.text(at)];
		intake.measurement({ device, type, fragment: type, series, value, text, unit, time: row.time(2) });
	}
}

export const MEASUREMENT_TEMPLATES: Templates = {
	"200": (row, { device, intake }) => {
		const [fragment, series] = [row.mandatory(0, "fragment"), row.mandatory(1, "series")];
		const [value, text, unit] = [row.number(2, "value"), row.text(2), row.text(3)];
		intake.measurement({ device, type: fragment, fragment, series, value, text, unit, time: row.time(4) });
	},
	"201": measureMany,
	"210": signalStrength,
	"211": (row, { device, intake }) => {
		const type = "c8y_TemperatureMeasurement";
		const [value, text] = [row.number(0, "temperature"), row.text(0)];
		const point = { fragment: type, series: "T", value, text, unit: "C", time: row.time(1) };
		intake.measurement({ device, type, ...point });
	},
	"212": (row, { device, intake }) => {
		const type = "c8y_Battery";
		const [value, text] = [row.number(0, "battery"), row.text(0)];
		const point = { fragment: type, series: "level", value, text, unit: "%", time: row.time(1) };
		intake.measurement({ device, type, ...point });
	},
};
