// Carries out rows of own request templates.
import { type Arguments, BAD_ARGUMENT, RowError } from "./arguments.js";
import { setFragment } from "./fragments.js";
import type { Device, Severity } from "./inventory.js";
import { parsePath, setAt } from "./json-path.js";
import { pointsOf } from "./measurement-points.js";
import type { OperationStatus } from "./operations.js";
import type { Action, OwnColumn, RequestTemplate } from "./own-templates.js";
import { readValue } from "./own-values.js";
import type { RowContext } from "./row-context.js";
import { showDevice, showOperation } from "./views.js";

type Body = Record<string, unknown>;
interface Request {
	/** What the template names, and its own paths. */
	body: Body;
	/** A value's text as it came, by path. */
	texts: ReadonlyMap<string, string>;
}
/** Returns the object that response templates are tried on. */
type Carry = (request: Request, context: RowContext) => unknown;

const NOT_HERE = 50;
const MALFORMED = 42;
const NARROW: readonly Action[] = ["POST MEASUREMENT", "POST EVENT"];
const ALIVE: readonly Action[] = ["POST MEASUREMENT", "POST EVENT", "POST ALARM"];
/** Columns that may be empty in a row. */
const DEFAULTS: Readonly<Record<string, string>> = { status: "ACTIVE" };

function fill(columns: readonly OwnColumn[], row: Arguments): Request {
	const body: Body = {};
	const texts = new Map<string, string>();
	let at = 0;
	for (const { path, type, fixed } of columns) {
		const given = fixed ?? (type === "FLAG" ? "" : row.text(at++));
		const text = given === "" ? (DEFAULTS[path] ?? "") : given;
		if (text === "" && ["type", "text", "severity", "fragment", "id"].includes(path)) {
			throw new RowError(BAD_ARGUMENT, `${path} is missing`);
		}
		setAt(body, parsePath(path), readValue(type, text, path));
		texts.set(path.replace(/^\$\.?/, ""), text);
	}
	return { body, texts };
}

function fragmentsOf(body: Body, ...named: string[]): Body {
	return Object.fromEntries(Object.entries(body).filter(([name]) => !named.includes(name)));
}

function find({ body }: Request, { tenant, device }: RowContext): Device {
	const { inventory } = tenant;
	const { byId, id } = body;
	const family = inventory.family(inventory.rootOf(device));
	const found = [...family].flatMap((member) => inventory.devices.get(member) ?? []);
	const target = found.find((one) => (byId === "true" ? one.internalId : one.id) === id);
	if (!target) throw new RowError(BAD_ARGUMENT, `No device ${id} here`);
	return target;
}

const ACTIONS: Readonly<Record<Action, Carry>> = {
	"POST MEASUREMENT": ({ body, texts }, { device, intake }) => {
		const { type, time } = body as { type: string; time: string };
		const about = { device, type, time: Date.parse(time) };
		const points = pointsOf(fragmentsOf(body, "type", "time"), about);
		for (const point of points) {
			const text = texts.get(`${point.fragment}.${point.series}.value`) ?? point.text;
			intake.measurement({ ...point, text });
		}
		return body;
	},
	"POST EVENT": ({ body }, { device, intake }) => {
		const { type, text, time } = body as Record<string, string>;
		const fragments = fragmentsOf(body, "type", "text", "time");
		intake.event({
			device,
			type: type as string,
			text: text as string,
			time: Date.parse(time as string),
			fragments,
		});
		return body;
	},
	"POST ALARM": ({ body }, { device, intake }) => {
		const { type, text, time } = body as Record<"type" | "text" | "time", string>;
		const severity = body.severity as Severity;
		if (body.status !== "ACTIVE") throw new RowError(BAD_ARGUMENT, "A new alarm is ACTIVE");
		const fragments = fragmentsOf(body, "type", "text", "time", "status", "severity");
		intake.alarm({ device, type, text, severity, time: Date.parse(time), fragments });
		return body;
	},
	"PUT ALARM": ({ body }, { tenant, device }) => {
		const active = tenant.inventory.activeAlarm(device, body.type as string);
		if (!active) throw new RowError(BAD_ARGUMENT, `No active alarm of type ${body.type}`);
		const { status = active.status, severity = active.severity, text = active.text } = body;
		const fragments = { ...active.fragments, ...fragmentsOf(body, "type", "text", "status", "severity") };
		Object.assign(active, { status, severity, text, fragments });
		return active;
	},
	"PUT OPERATION": ({ body }, { tenant, device: deviceId }) => {
		const fragment = body.fragment as string;
		const { operations } = tenant;
		const operation =
			operations.select({ deviceId, fragment, status: "EXECUTING" })[0] ??
			operations.select({ deviceId, fragment, status: "PENDING" })[0];
		if (!operation) throw new RowError(BAD_ARGUMENT, `No operation with fragment ${fragment}`);
		const { failureReason, status = operation.status } = body;
		for (const [name, value] of Object.entries(fragmentsOf(body, "fragment", "status", "failureReason"))) {
			const old = operation.fragments[name];
			operation.fragments[name] = typeof value === "object" ? { ...(old as object), ...value } : value;
		}
		const details = typeof failureReason === "string" ? { failureReason } : {};
		operations.move(operation, status as OperationStatus, details);
		return showOperation(operation);
	},
	"PUT INVENTORY": (request, context) => {
		const device = find(request, context);
		const fragments = fragmentsOf(request.body, "byId", "externalIdType", "id");
		for (const [name, value] of Object.entries(fragments)) {
			if (name === "name" || name === "type") device[name] = String(value);
			else setFragment(device, name, value);
		}
		return showDevice(device, context.tenant.inventory);
	},
	"GET INVENTORY": (request, context) => showDevice(find(request, context), context.tenant.inventory),
	"POST INVENTORY": () => {
		throw new RowError(NOT_HERE, "POST INVENTORY is not carried out here; 101 creates a child");
	},
};

/** Carries out one row, or throws a RowError; returns the object for response templates. */
export function carryOutOwn(template: RequestTemplate, row: Arguments, context: RowContext): unknown {
	const { action, columns } = template;
	if (context.intake.narrow && !NARROW.includes(action)) {
		throw new RowError(MALFORMED, "This processing mode is for measurements and events only");
	}
	const request = fill(columns, row);
	const outcome = ACTIONS[action](request, context);
	if (ALIVE.includes(action)) {
		context.own();
		context.tenant.availability.heard(context.device);
	}
	return outcome;
}
