// Collections of own templates: what devices register on s/ut/<X-ID>, once and for the whole tenant.
import { BAD_ARGUMENT, RowError } from "./arguments.js";
import { parsePath } from "./json-path.js";
import { readValue, type ValueType, valueType } from "./own-values.js";
import type { Row } from "./rows.js";

/** One value of a request: fixed by the template, or given with each row. */
export interface OwnColumn {
	readonly path: string;
	readonly type: ValueType;
	/** Undefined: the row gives it. */
	readonly fixed?: string;
}

export interface RequestTemplate {
	readonly kind: "request";
	readonly id: string;
	/** Method and API, such as "POST MEASUREMENT". */
	readonly action: Action;
	/** Whether response templates are tried on the outcome. */
	readonly response: boolean;
	readonly columns: readonly OwnColumn[];
}

export interface ResponseTemplate {
	readonly kind: "response";
	readonly id: string;
	readonly base: string;
	readonly condition: string;
	readonly patterns: readonly string[];
}

export interface OwnCollection {
	readonly xid: string;
	readonly internalId: string;
	readonly requests: ReadonlyMap<string, RequestTemplate>;
	readonly responses: readonly ResponseTemplate[];
}

/** What every request of a kind names; INVENTORY's first value is the object's id. */
const MANDATORY = {
	"GET INVENTORY": [["byId", "STRING"]],
	"POST INVENTORY": [["externalIdType", "STRING"]],
	"PUT INVENTORY": [["byId", "STRING"]],
	"POST MEASUREMENT": [
		["type", "STRING"],
		["time", "DATE"],
	],
	"POST EVENT": [
		["type", "STRING"],
		["text", "STRING"],
		["time", "DATE"],
	],
	"POST ALARM": [
		["type", "STRING"],
		["text", "STRING"],
		["status", "ALARMSTATUS"],
		["severity", "SEVERITY"],
		["time", "DATE"],
	],
	"PUT ALARM": [["type", "STRING"]],
	"PUT OPERATION": [["fragment", "STRING"]],
} as const satisfies Record<string, ReadonlyArray<readonly [path: string, type: ValueType]>>;

export type Action = keyof typeof MANDATORY;

const MOST_COLLECTIONS = 200;
const MOST_TEMPLATES = 200;
/** Each may be as long as the object it is tried on. */
const MOST_PATTERNS = 100;
const TRIPLE = 3;
const REFUSED = 41;

const isAction = (text: string): text is Action => Object.hasOwn(MANDATORY, text);
const bad = (words: string): RowError => new RowError(BAD_ARGUMENT, words);

function column(path: string, type: ValueType, given: string): OwnColumn {
	if (given === "" || type === "FLAG") return { path, type };
	readValue(type, given, path);
	return { path, type, fixed: given };
}

/** `10,<id>,<method>,<API>,<response>,<mandatory…>,(<path>,<type>,<value>)*` */
function readRequest(columns: readonly string[]): RequestTemplate {
	const [, id = "", method, api, answers = "", ...rest] = columns;
	const action = `${method} ${api}`;
	if (!isAction(action)) throw bad(`No such request: ${action}`);
	if (!["", "true", "false"].includes(answers)) throw bad(`response is neither true nor false: ${answers}`);
	const response = answers === "" ? method === "GET" : answers === "true";
	let at = 0;
	const named = MANDATORY[action].map(([path, type]) => column(path, type, rest[at++] ?? ""));
	const byId = named[0]?.path === "byId" ? named[0].fixed : undefined;
	if (named[0]?.path === "byId") {
		if (byId !== "true" && byId !== "false") throw bad("byId is neither true nor false");
		// By an external id, its type follows.
		if (byId === "false") named.push(column("externalIdType", "STRING", rest[at++] || "c8y_Serial"));
	}
	if (api === "INVENTORY") named.push({ path: "id", type: "STRING" });
	const custom: OwnColumn[] = [];
	for (; at < rest.length; at += TRIPLE) {
		const [path = "", type = "", given = ""] = rest.slice(at, at + TRIPLE);
		const steps = parsePath(path);
		if (steps.length === 0 || steps.some((step) => typeof step !== "string" || step === "*")) {
			throw bad(`not a path of names: ${path}`);
		}
		custom.push(column(path, valueType(type), given));
	}
	return { kind: "request", id, action, response, columns: [...named, ...custom] };
}

/** `11,<id>,<base>,<condition>,<pattern>…` */
function readResponse(columns: readonly string[]): ResponseTemplate {
	const [, id = "", base = "", condition = "", ...patterns] = columns;
	if (patterns.length > MOST_PATTERNS) throw bad(`a response has at most ${MOST_PATTERNS} patterns`);
	for (const path of [base, condition, ...patterns]) parsePath(path);
	return { kind: "response", id, base, condition, patterns };
}

/** A row of a registration, without empty columns at its end. */
function trimmed({ columns, malformed }: Row): string[] {
	if (malformed) throw new RowError(42, `Malformed row: ${malformed}`);
	const kept = [...columns];
	while (kept.at(-1) === "") kept.pop();
	return kept;
}

export class OwnTemplates {
	private readonly collections = new Map<string, OwnCollection>();

	get(xid: string): OwnCollection | undefined {
		return this.collections.get(xid);
	}

	list(): OwnCollection[] {
		return [...this.collections.values()];
	}

	/** Takes a collection as a whole, or throws a RowError and takes nothing of it. */
	register(xid: string, rows: readonly Row[]): OwnCollection {
		if (this.collections.has(xid)) throw new RowError(REFUSED, `Template collection ${xid} already exists`);
		if (this.collections.size >= MOST_COLLECTIONS)
			throw new RowError(REFUSED, "The tenant has too many templates");
		if (rows.length > MOST_TEMPLATES) throw new RowError(REFUSED, `More than ${MOST_TEMPLATES} templates`);
		const requests = new Map<string, RequestTemplate>();
		const responses: ResponseTemplate[] = [];
		for (const row of rows) {
			const columns = trimmed(row);
			if (!/^\S{1,64}$/.test(columns[1] ?? "")) throw bad("a template needs a message id");
			if (columns[0] === "11") responses.push(readResponse(columns));
			else if (columns[0] === "10") {
				const request = readRequest(columns);
				if (requests.has(request.id)) throw bad(`message id ${request.id} is there twice`);
				requests.set(request.id, request);
			} else throw bad(`a template begins with 10 or 11, not ${columns[0]}`);
		}
		const internalId = String(7001 + this.collections.size);
		const collection: OwnCollection = { xid, internalId, requests, responses };
		this.collections.set(xid, collection);
		return collection;
	}
}
