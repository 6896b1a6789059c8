// The static SmartREST templates a device publishes: what each row id does to the tenant.
import { type Arguments, BAD_ARGUMENT, RowError } from "./arguments.js";
import type { Severity } from "./inventory.js";
import type { Operation, OperationDetails, OperationStatus } from "./operations.js";
import type { NewMeasurement, Tenant } from "./tenant.js";

export interface RowContext {
	tenant: Tenant;
	device: string;
	/** Takes measurements in; they are stored only in the persistent processing modes. */
	measure(measurement: NewMeasurement): void;
	/** Whether events are to be stored in this topic's processing mode. */
	stores: boolean;
	/** Sends this device's PENDING operations again. */
	resend(): void;
	/** Answers this device with a row. */
	reply(...columns: string[]): void;
	/** A tenant from before 2023. */
	older: boolean;
}

type Template = (row: Arguments, context: RowContext) => void;

const ALREADY_EXISTS = 41;
const QUAD = 4;
const SEVERITIES: readonly string[] = ["CRITICAL", "MAJOR", "MINOR", "WARNING"];

function alarm(severity: Severity): Template {
	return (row, { tenant, device }) => {
		const type = row.mandatory(0, "type");
		const time = row.time(2);
		tenant.inventory.raise(device, type, severity, row.text(1) || `Alarm of type ${type} raised`, time);
	};
}

/** What a row says about an operation that ends. */
function details(row: Arguments, to: OperationStatus): OperationDetails {
	if (to === "FAILED") return { failureReason: row.text(1) };
	return to === "SUCCESSFUL" ? { result: row.rest(1) } : {};
}

/** What the device has done changes what the tenant knows of it. */
function ended({ fragments, deviceId, result = [] }: Operation, tenant: Tenant): void {
	if (Object.hasOwn(fragments, "c8y_RelayArray") && result.length > 0) {
		tenant.inventory.ensure(deviceId).relayArray = result;
	}
}

function advance(from: OperationStatus, to: OperationStatus): Template {
	return (row, { tenant, device }) => {
		const fragment = row.mandatory(0, "fragment");
		const operation = tenant.operations.advance(device, fragment, from, to, details(row, to));
		if (!operation) throw new RowError(BAD_ARGUMENT, `No ${from} operation with fragment ${fragment}`);
		if (to === "SUCCESSFUL") ended(operation, tenant);
	};
}

function advanceById(from: readonly OperationStatus[], to: OperationStatus): Template {
	return (row, { tenant, device }) => {
		const id = row.mandatory(0, "operation id");
		const operation = tenant.operations.get(id);
		if (operation?.deviceId !== device) throw new RowError(BAD_ARGUMENT, `No operation ${id} of this device`);
		if (!from.includes(operation.status)) {
			throw new RowError(BAD_ARGUMENT, `Operation ${id} is ${operation.status}`);
		}
		tenant.operations.move(operation, to, details(row, to));
		if (to === "SUCCESSFUL") ended(operation, tenant);
	};
}

/** An optional number; 0 when the column is empty. */
function optionalNumber(row: Arguments, index: number, name: string): number {
	return row.text(index) === "" ? 0 : row.number(index, name);
}

function measureMany(row: Arguments, { device, measure }: RowContext): void {
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
	for (const measurement of measurements) measure(measurement);
}

const TEMPLATES: Record<string, Template> = {
	"100": (row, { tenant, device }) => {
		if (!tenant.inventory.create(device, row.text(0), row.text(1))) {
			throw new RowError(ALREADY_EXISTS, "Device already existing");
		}
	},
	"110": (row, { tenant, device }) => {
		const [serialNumber, model, revision] = [row.text(0), row.text(1), row.text(2)];
		tenant.inventory.ensure(device).hardware = { serialNumber, model, revision };
	},
	"114": (row, { tenant, device }) => {
		tenant.inventory.ensure(device).supportedOperations = row.rest(0);
	},
	"115": (row, { tenant, device }) => {
		const [name, version, url] = [row.text(0), row.text(1), row.text(2)];
		tenant.inventory.ensure(device).firmware = { name, version, url };
	},
	"117": (row, { tenant, device }) => {
		const minutes = row.number(0, "interval");
		if (!Number.isInteger(minutes)) throw new RowError(BAD_ARGUMENT, "interval is not an integer");
		// An interval the operator may have changed is kept.
		tenant.inventory.ensure(device).requiredAvailability ??= minutes;
	},
	"122": (row, { tenant, device }) => {
		const [name, version] = [row.mandatory(0, "name"), row.mandatory(1, "version")];
		const [url, maintainer] = [row.text(2), row.mandatory(3, "maintainer")];
		tenant.inventory.ensure(device).agent = { name, version, url, maintainer };
	},
	"125": (_row, { tenant, device }) => void tenant.inventory.ensure(device),
	"200": (row, { device, measure }) => {
		const [fragment, series] = [row.mandatory(0, "fragment"), row.mandatory(1, "series")];
		const [value, text, unit] = [row.number(2, "value"), row.text(2), row.text(3)];
		measure({ device, type: fragment, fragment, series, value, text, unit, time: row.time(4) });
	},
	"201": measureMany,
	"210": (row, { device, measure }) => {
		const type = "c8y_SignalStrength";
		for (const [at, series, unit] of [
			[0, "rssi", "dBm"],
			[1, "ber", "%"],
		] as const) {
			if (row.text(at) === "") continue;
			const [value, text] = [row.number(at, series), row.text(at)];
			measure({ device, type, fragment: type, series, value, text, unit, time: row.time(2) });
		}
	},
	"211": (row, { device, measure }) => {
		const type = "c8y_TemperatureMeasurement";
		const [value, text] = [row.number(0, "temperature"), row.text(0)];
		measure({ device, type, fragment: type, series: "T", value, text, unit: "C", time: row.time(1) });
	},
	"212": (row, { device, measure }) => {
		const type = "c8y_Battery";
		const [value, text] = [row.number(0, "battery"), row.text(0)];
		measure({ device, type, fragment: type, series: "level", value, text, unit: "%", time: row.time(1) });
	},
	"301": alarm("CRITICAL"),
	"302": alarm("MAJOR"),
	"303": alarm("MINOR"),
	"304": alarm("WARNING"),
	"305": (row, { tenant, device }) => {
		const [type, severity] = [row.mandatory(0, "type"), row.mandatory(1, "severity")];
		if (!SEVERITIES.includes(severity)) throw new RowError(BAD_ARGUMENT, `No such severity: ${severity}`);
		const active = tenant.inventory.activeAlarm(device, type);
		if (!active) throw new RowError(BAD_ARGUMENT, `No active alarm of type ${type}`);
		active.severity = severity as Severity;
	},
	"306": (row, { tenant, device }) => {
		// Clearing what is not active is no error: a device does so when it starts.
		const active = tenant.inventory.activeAlarm(device, row.mandatory(0, "type"));
		if (active) active.status = "CLEARED";
	},
	"400": (row, { tenant, device, stores }) => {
		const [type, text, time] = [row.mandatory(0, "type"), row.mandatory(1, "text"), row.time(2)];
		if (stores) tenant.inventory.addEvent({ device, type, text, time });
	},
	"401": (row, { tenant, device, stores }) => {
		const [lat, lng] = [optionalNumber(row, 0, "latitude"), optionalNumber(row, 1, "longitude")];
		const [alt, accuracy] = [optionalNumber(row, 2, "altitude"), optionalNumber(row, 3, "accuracy")];
		const [type, text, time] = ["c8y_LocationUpdate", "Location updated", row.time(4)];
		if (stores) {
			tenant.inventory.addEvent({ device, type, text, time, position: { lat, lng, alt, accuracy } });
		}
	},
	"500": (_row, { resend }) => resend(),
	"501": advance("PENDING", "EXECUTING"),
	"502": advance("EXECUTING", "FAILED"),
	"503": advance("EXECUTING", "SUCCESSFUL"),
	"504": advanceById(["PENDING"], "EXECUTING"),
	// By its id an operation can also be refused before it has begun.
	"505": advanceById(["PENDING", "EXECUTING"], "FAILED"),
	"506": advanceById(["EXECUTING"], "SUCCESSFUL"),
	"507": (row, { tenant, device }) => {
		const fragment = row.text(0);
		const failureReason = row.text(1);
		for (const operation of tenant.operations.select({ deviceId: device, status: "EXECUTING", fragment })) {
			const first = fragment || (Object.keys(operation.fragments)[0] ?? "");
			tenant.operations.advance(device, first, "EXECUTING", "FAILED", { failureReason });
		}
	},
};

/** The ids that a tenant has. */
function ids(older: boolean): string[] {
	return [...Object.keys(TEMPLATES), "602"].filter((id) => !older || !SINCE_2023.has(id)).sort();
}

const SINCE_2023 = new Set(["125", "504", "505", "506", "507", "602"]);

/** What shows that a device is alive. */
const COUNTS = new Set(["125", "200", "201", "210", "211", "212", "301", "302", "303", "304", "400", "401"]);

/** Operation templates speak about a device, but bring no data that would create it. */
const CREATES_NOTHING = new Set(["100", "500", "501", "502", "503", "504", "505", "506", "507", "602"]);

/** Carries out one row, or throws a RowError and leaves everything as it was. */
export function carryOut(id: string, row: Arguments, context: RowContext): void {
	if (!ids(context.older).includes(id)) throw new RowError(40, "No static template for this message id");
	if (id === "602") return context.reply("603", ...ids(context.older));
	(TEMPLATES[id] as Template)(row, context);
	if (!CREATES_NOTHING.has(id)) context.tenant.inventory.ensure(context.device);
	if (COUNTS.has(id)) context.tenant.availability.heard(context.device);
}
