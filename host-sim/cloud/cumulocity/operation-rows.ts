// Turns an operation into the columns of its downward SmartREST row.
import type { Operation } from "./operations.js";

type Fields = Record<string, unknown>;
type Columns = (fields: Fields, raw: unknown) => string[];

function asFields(value: unknown): Fields {
	return typeof value === "object" && value !== null ? (value as Fields) : {};
}

function text(value: unknown): string {
	if (value === undefined || value === null) return "";
	return typeof value === "string" ? value : JSON.stringify(value);
}

function named(...names: string[]): (fields: Fields) => string[] {
	return (fields) => names.map((name) => text(fields[name]));
}

/** One run of columns per element of a list. */
function each(...names: string[]): Columns {
	return (_fields, raw) => (Array.isArray(raw) ? raw : []).flatMap((item) => named(...names)(asFields(item)));
}

/** A template whose id depends on whether the operation carries a certain field. */
function either(field: string, withField: [string, Columns], without: [string, Columns]): Columns {
	return (fields, raw) => {
		const [id, columns] = fields[field] === undefined ? without : withField;
		return [id, ...columns(fields, raw)];
	};
}

function fixed(id: string, columns: Columns): Columns {
	return (fields, raw) => [id, ...columns(fields, raw)];
}

/**
 * Each parameter as its path, a letter for its type and its value; those inside an object have its path in
 * front.
 */
function parameters(fields: Fields, path = ""): string[] {
	return Object.entries(fields).flatMap(([name, value]) => {
		const own = path === "" ? name : `${path}.${name}`;
		if (value === null || value === undefined) return [own, "", ""];
		if (typeof value === "object") return parameters(value as Fields, own);
		return [own, typeof value === "boolean" ? "b" : typeof value === "number" ? "n" : "s", String(value)];
	});
}

/** Firmware, software and configurations in one, each list behind its sign. */
function profile(fields: Fields): string[] {
	const firmware = asFields(fields.firmware);
	const { software, configuration } = fields;
	return [
		...(fields.firmware === undefined
			? []
			: ["$FW", ...named("name", "version", "url", "isPatch", "dependency")(firmware)]),
		...(software === undefined ? [] : ["$SW", ...each("name", "version", "url", "action")({}, software)]),
		...(configuration === undefined ? [] : ["$CONF", ...each("url", "type")({}, configuration)]),
	];
}

const ADVANCED_UPDATE = fixed("529", each("name", "version", "softwareType", "url", "action"));

const TEMPLATES: Record<string, Columns> = {
	c8y_Restart: fixed("510", () => []),
	c8y_Command: fixed("511", named("text")),
	c8y_Configuration: fixed("513", named("config")),
	c8y_Firmware: either(
		"dependency",
		["525", named("name", "version", "url", "dependency")],
		["515", named("name", "version", "url")],
	),
	c8y_SoftwareList: fixed("516", each("name", "version", "url")),
	c8y_MeasurementRequestOperation: fixed("517", named("requestName")),
	c8y_Relay: fixed("518", named("relayState")),
	c8y_RelayArray: fixed("519", (_fields, raw) => (Array.isArray(raw) ? raw.map(text) : [])),
	c8y_UploadConfigFile: either("type", ["526", named("type")], ["520", () => []]),
	c8y_DownloadConfigFile: either("type", ["524", named("url", "type")], ["521", named("url")]),
	c8y_LogfileRequest: fixed("522", named("logFile", "dateFrom", "dateTo", "searchText", "maximumLines")),
	c8y_CommunicationMode: fixed("523", named("mode")),
	c8y_DeviceProfile: fixed("527", profile),
	c8y_SoftwareUpdate: fixed("528", each("name", "version", "url", "action")),
	c8y_ParameterUpdate: fixed("532", (fields) => parameters(fields)),
	c8y_RemoteAccessConnect: fixed("530", named("hostname", "port", "connectionKey")),
};

/**
 * Columns of every row the operation gives; none when no static template knows its fragments. `typed`: the
 * device has named the types of software it supports.
 */
export function operationRows(operation: Operation, typed: boolean): string[][] {
	const rows: string[][] = [];
	for (const [fragment, raw] of Object.entries(operation.fragments)) {
		if (!Object.hasOwn(TEMPLATES, fragment)) continue;
		const advanced = typed && fragment === "c8y_SoftwareUpdate";
		const template = advanced ? ADVANCED_UPDATE : (TEMPLATES[fragment] as Columns);
		const [id, ...columns] = template(asFields(raw), raw);
		rows.push([id as string, operation.deviceId, ...columns]);
	}
	return rows;
}
