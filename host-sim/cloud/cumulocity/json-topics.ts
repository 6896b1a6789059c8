// JSON over MQTT: what REST takes, on topics named as REST's resources. Errors come back on topic error.
import { parseJson } from "../bounded-json.js";
import type { IncomingPublish } from "../stand-in.js";
import { isoTime, RowError } from "./arguments.js";
import { checkFragmentName, setFragment } from "./fragments.js";
import { Intake } from "./intake.js";
import { isSeverity } from "./inventory.js";
import { pointsOf } from "./measurement-points.js";
import type { Tenant } from "./tenant.js";
import type { Mode } from "./up-topic.js";

export const JSON_ERRORS = "error";

type Body = Record<string, unknown>;

/** Becomes the `error` and the `message` of an answer. */
class JsonError extends Error {
	readonly kind: string;
	constructor(kind: string, message: string) {
		super(message);
		this.kind = kind;
	}
}

const TOPIC =
	/^(?:(?<mode>[tqc])\/)?(?<api>event|alarm|measurement|inventory|devicecontrol|identity)\/(?<rest>.+)$/;

/** What says whom and when a body is about, and is no fragment. */
const ABOUT = new Set(["id", "type", "text", "time", "source", "externalSource", "severity", "status"]);

export function isJsonTopic(topic: string): boolean {
	return TOPIC.test(topic);
}

function isObject(value: unknown): value is Body {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}

export class JsonTopics {
	private readonly tenant: Tenant;

	constructor(tenant: Tenant) {
		this.tenant = tenant;
	}

	/** Carries the message out; returns what to answer on topic error, undefined when all is well. */
	receive(device: string, { topic, payload, messageId }: IncomingPublish): string | undefined {
		const { mode = "s", api = "", rest = "" } = TOPIC.exec(topic)?.groups ?? {};
		try {
			this.carryOut(device, api, rest, mode as Mode, payload.toString("utf8"));
			return undefined;
		} catch (error) {
			if (error instanceof JsonError || error instanceof RowError) {
				const kind = error instanceof JsonError ? error.kind : "Validation error";
				return JSON.stringify({ error: `${api}/${kind}`, message: error.message, messageId });
			}
			throw error;
		}
	}

	private carryOut(device: string, api: string, rest: string, mode: Mode, payload: string): void {
		const [, action = rest, id] = /^(\w+\/\w+)(?:\/([^/]+))?$/.exec(rest) ?? [];
		const name = `${api}/${action}`;
		const intake = new Intake(this.tenant, mode);
		if (name === "inventory/managedObjects/update" && id !== undefined) {
			if (intake.narrow)
				throw new JsonError("Unprocessable", "this mode is for measurements and events only");
			return this.update(device, id, readBody(payload));
		}
		const known = id === undefined && !(intake.narrow && api === "alarm");
		if (known && name === "event/events/create") return this.event(device, readBody(payload), intake);
		if (known && name === "alarm/alarms/create") return this.alarm(device, readBody(payload), intake);
		if (known && name === "measurement/measurements/create") {
			return this.measurement(device, readBody(payload), intake);
		}
		throw new JsonError(
			"Not Found",
			`nothing is expected on topic ${mode === "s" ? "" : `${mode}/`}${api}/${rest}`,
		);
	}

	private update(device: string, id: string, body: Body): void {
		const target = this.target(device, id);
		for (const name of Object.keys(body)) if (!ABOUT.has(name) && name !== "name") checkFragmentName(name);
		for (const name of ["name", "type"] as const) {
			if (body[name] === undefined) continue;
			target[name] = text(body, name);
		}
		for (const [name, value] of Object.entries(body)) {
			if (name !== "name" && !ABOUT.has(name)) setFragment(target, name, value);
		}
		this.tenant.availability.heard(target.id);
	}

	private event(device: string, body: Body, intake: Intake): void {
		const [type, words, time] = [text(body, "type"), text(body, "text"), timeOf(body)];
		const { id } = this.source(device, body);
		intake.event({ device: id, type, text: words, time, fragments: fragmentsOf(body) });
		this.tenant.availability.heard(id);
	}

	private alarm(device: string, body: Body, intake: Intake): void {
		const [type, words, time] = [text(body, "type"), text(body, "text"), timeOf(body)];
		const severity = text(body, "severity");
		if (!isSeverity(severity)) throw new JsonError("Validation error", `there is no severity ${severity}`);
		const { id } = this.source(device, body);
		const status = body.status ?? "ACTIVE";
		if (status !== "ACTIVE") throw new JsonError("Validation error", "a new alarm is ACTIVE");
		intake.alarm({ device: id, type, text: words, severity, time, fragments: fragmentsOf(body) });
		this.tenant.availability.heard(id);
	}

	private measurement(device: string, body: Body, intake: Intake): void {
		const [type, time] = [text(body, "type"), timeOf(body)];
		const { id } = this.source(device, body);
		const points = pointsOf(fragmentsOf(body), { device: id, type, time });
		for (const point of points) intake.measurement(point);
		this.tenant.availability.heard(id);
	}

	/** The connected device, or a child of it that `externalSource` names. */
	private source(device: string, { externalSource }: Body) {
		const id = isObject(externalSource) ? externalSource.externalId : undefined;
		return this.target(device, typeof id === "string" ? id : device);
	}

	private target(device: string, id: string) {
		const { inventory } = this.tenant;
		if (id === device) return inventory.ensure(id);
		const target = inventory.devices.get(id);
		if (target && inventory.rootOf(id) === device) return target;
		throw new JsonError("Not Found", `${id} is neither this device nor a child of it`);
	}
}

function readBody(payload: string): Body {
	try {
		const body = parseJson(payload);
		if (isObject(body)) return body;
	} catch (error) {
		throw new JsonError("Bad Request", `the payload is not JSON (${(error as Error).message})`);
	}
	throw new JsonError("Bad Request", "the payload has to be a JSON object");
}

function text(body: Body, name: string): string {
	const value = body[name];
	if (typeof value === "string" && value !== "") return value;
	throw new JsonError("Validation error", `${name} is missing or no text`);
}

/** An absent time means the server's. */
function timeOf({ time }: Body): number {
	if (time === undefined) return Date.now();
	const read = typeof time === "string" ? isoTime(time) : undefined;
	if (read === undefined) throw new JsonError("Validation error", "time is not an ISO 8601 date and time");
	return read;
}

function fragmentsOf(body: Body): Body {
	const fragments = Object.entries(body).filter(([name]) => !ABOUT.has(name));
	for (const [name] of fragments) checkFragmentName(name);
	return Object.fromEntries(fragments);
}
