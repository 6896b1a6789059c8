// Names of SmartREST 2.0's static templates and of their columns (Cumulocity, "MQTT static templates"), for
// people who read the wire.

import { parseRows } from "./rows.js";

/** A row for people. */
export interface NamedRow {
	readonly id: string;
	readonly name: string;
	readonly columns: ReadonlyArray<readonly [name: string, value: string]>;
}

type Template = readonly [name: string, ...columns: string[]];

const ALARM: readonly string[] = ["type", "text", "time"];

/** A last column with "…" stands for all that follow. */
export const TEMPLATES: Readonly<Record<string, Template>> = {
	"100": ["create device", "name", "type"],
	"101": ["create child device", "id", "name", "type"],
	"105": ["get child devices"],
	"107": ["get fragments", "fragments…"],
	"110": ["hardware", "serial number", "model", "revision"],
	"111": ["mobile", "IMEI", "cell id", "ICCID", "MCC", "MNC", "IMSI", "LAC"],
	"112": ["position", "latitude", "longitude", "altitude", "accuracy"],
	"113": ["configuration", "text"],
	"114": ["supported operations", "fragments…"],
	"115": ["firmware", "name", "version", "URL"],
	"116": ["software", "name, version, URL…"],
	"117": ["required availability", "minutes"],
	"118": ["supported logs", "types…"],
	"119": ["supported configurations", "types…"],
	"122": ["agent", "name", "version", "URL", "maintainer"],
	"123": ["get device id"],
	"124": ["device id", "id"],
	"125": ["heartbeat"],
	"200": ["measurement", "fragment", "series", "value", "unit", "time"],
	"201": ["measurement of several", "type", "time", "fragment, series, value, unit…"],
	"210": ["signal strength", "RSSI, dBm", "bit error rate", "time"],
	"211": ["temperature", "value", "time"],
	"212": ["battery", "value", "time"],
	"301": ["critical alarm", ...ALARM],
	"302": ["major alarm", ...ALARM],
	"303": ["minor alarm", ...ALARM],
	"304": ["warning", ...ALARM],
	"305": ["severity of an alarm", "type", "severity"],
	"306": ["clear alarm", "type"],
	"400": ["event", "type", "text", "time"],
	"401": ["location update", "latitude", "longitude", "altitude", "accuracy", "time"],
	"500": ["get pending operations"],
	"501": ["executing", "fragment"],
	"502": ["failed", "fragment", "reason"],
	"503": ["successful", "fragment", "result…"],
	"504": ["executing, by id", "operation id"],
	"505": ["failed, by id", "operation id", "reason"],
	"506": ["successful, by id", "operation id", "result…"],
	"510": ["restart", "device"],
	"511": ["command", "device", "text"],
	"513": ["configuration", "device", "text"],
	"515": ["firmware", "device", "name", "version", "URL"],
	"516": ["software list", "device", "name, version, URL…"],
	"517": ["measurement request", "device", "request"],
	"518": ["relay", "device", "state"],
	"519": ["relay array", "device", "states…"],
	"41": ["error", "template", "text"],
	"45": ["bad argument", "template", "text"],
	"50": ["server error", "template", "text"],
};

const MAX_ROWS = 100;

/** The rows of a SmartREST message with their names; undefined if it is none. */
export function nameRows(payload: string): NamedRow[] | undefined {
	const rows = parseRows(payload)
		.slice(0, MAX_ROWS)
		.map(({ columns }) => columns);
	if (rows.length === 0 || !rows.every(([id]) => id !== undefined && /^\d{2,3}$/.test(id))) return undefined;
	return rows.map(([id = "", ...values]) => {
		const [name = "?", ...names] = TEMPLATES[id] ?? [];
		const last = names.at(-1) ?? "";
		const columns = values.map((value, i): [string, string] => {
			const named = i < names.length ? (names[i] as string) : last.endsWith("…") ? last : `column ${i + 1}`;
			return [named.replace("…", ""), value];
		});
		return { id, name, columns };
	});
}
