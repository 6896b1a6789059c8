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
	"20": ["own templates", "name", "internal id"],
	"40": ["no such template", "template", "text"],
	"41": ["error", "template", "text"],
	"42": ["malformed", "template", "text"],
	"45": ["bad argument", "template", "text"],
	"50": ["server error", "template", "text"],
	"70": ["credentials", "tenant", "user", "password"],
	"100": ["create device", "name", "type"],
	"101": ["create child device", "id", "name", "type", "is a device"],
	"102": ["create service", "id", "type", "name", "status"],
	"104": ["status of a service", "status"],
	"105": ["get child devices"],
	"106": ["child devices", "ids…"],
	"107": ["remove fragments", "fragments…"],
	"110": ["hardware", "serial number", "model", "revision"],
	"111": ["mobile", "IMEI", "ICCID", "IMSI", "MCC", "MNC", "LAC", "cell id"],
	"112": ["position", "latitude", "longitude", "altitude", "accuracy"],
	"113": ["configuration", "text"],
	"114": ["supported operations", "fragments…"],
	"115": ["firmware", "name", "version", "URL"],
	"116": ["software", "name, version, URL…"],
	"117": ["required availability", "minutes"],
	"118": ["supported logs", "types…"],
	"119": ["supported configurations", "types…"],
	"120": ["installed configuration", "type", "URL", "file", "time"],
	"121": ["device profile applied", "executed", "profile id"],
	"122": ["agent", "name", "version", "URL", "maintainer"],
	"123": ["get device id"],
	"124": ["device id", "id"],
	"125": ["heartbeat"],
	"140": ["software, typed", "name, version, type, URL…"],
	"141": ["more software", "name, version, type, URL…"],
	"142": ["less software", "name, version…"],
	"143": ["supported software types", "types…"],
	"150": ["remote access", "protocols…"],
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
	"307": ["remove fragments of an alarm", "type", "fragments…"],
	"400": ["event", "type", "text", "time"],
	"401": ["location update", "latitude", "longitude", "altitude", "accuracy", "time"],
	"402": ["location update, with position", "latitude", "longitude", "altitude", "accuracy", "time"],
	"407": ["remove fragments of an event", "type", "fragments…"],
	"408": ["parameters", "text", "time", "only changes", "path, type, value…"],
	"500": ["get pending operations"],
	"501": ["executing", "fragment"],
	"502": ["failed", "fragment", "reason"],
	"503": ["successful", "fragment", "result…"],
	"504": ["executing, by id", "operation id"],
	"505": ["failed, by id", "operation id", "reason"],
	"506": ["successful, by id", "operation id", "result…"],
	"507": ["all failed", "fragment", "reason"],
	"510": ["restart", "device"],
	"511": ["command", "device", "text"],
	"513": ["configuration", "device", "text"],
	"515": ["firmware", "device", "name", "version", "URL"],
	"516": ["software list", "device", "name, version, URL…"],
	"517": ["measurement request", "device", "request"],
	"518": ["relay", "device", "state"],
	"519": ["relay array", "device", "states…"],
	"520": ["upload configuration", "device"],
	"521": ["download configuration", "device", "URL"],
	"522": ["log file", "device", "type", "from", "to", "search text", "lines"],
	"523": ["communication mode", "device", "mode"],
	"524": ["download configuration", "device", "URL", "type"],
	"525": ["firmware patch", "device", "name", "version", "URL", "dependency"],
	"526": ["upload configuration", "device", "type"],
	"527": ["device profile", "device", "part…"],
	"528": ["software update", "device", "name, version, URL, action…"],
	"529": ["software update, typed", "device", "name, version, type, URL, action…"],
	"530": ["remote access", "device", "host", "port", "connection key"],
	"532": ["parameters", "device", "path, type, value…"],
	"600": ["get platform version"],
	"601": ["platform version", "version"],
	"602": ["get template ids"],
	"603": ["template ids", "ids…"],
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
