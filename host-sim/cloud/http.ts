// A small JSON-over-HTTP server for the operators' side of the stand-ins; reachable from this machine only.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { parseJson } from "./bounded-json.js";

export interface HttpRequest {
	/** Named groups of the route's path pattern, percent-decoded. */
	params: Record<string, string>;
	query: URLSearchParams;
	/** Parsed body of a POST or PUT. */
	body: unknown;
}

export interface HttpAnswer {
	status?: number;
	/** Undefined with status 204. */
	body: unknown;
}

export interface Route {
	method: "GET" | "POST" | "PUT" | "DELETE";
	path: RegExp;
	/** Throws an HttpError for who may not; asked with the Authorization header, before the body is read. */
	admit?(authorization: string | undefined): void;
	answer(request: HttpRequest): HttpAnswer | Promise<HttpAnswer>;
}

/** A refusal with its status; `kind` is the machine-readable part of the error body. */
export class HttpError extends Error {
	readonly status: number;
	readonly kind: string;

	constructor(status: number, kind: string, message: string) {
		super(message);
		this.status = status;
		this.kind = kind;
	}
}

const BODY_LIMIT = 64 * 1024;
const LOOPBACK_HOST = /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/i;

async function readBody(request: IncomingMessage): Promise<unknown> {
	const type = (request.headers["content-type"] ?? "").split(";")[0]?.trim().toLowerCase();
	if (type !== "application/json") {
		throw new HttpError(415, "unsupportedMediaType", "the content type has to be application/json");
	}
	const chunks: Buffer[] = [];
	let size = 0;
	for await (const chunk of request as AsyncIterable<Buffer>) {
		size += chunk.length;
		if (size > BODY_LIMIT) throw new HttpError(413, "tooLarge", `the body exceeds ${BODY_LIMIT} bytes`);
		chunks.push(chunk);
	}
	try {
		return parseJson(Buffer.concat(chunks).toString("utf8"));
	} catch (error) {
		throw new HttpError(400, "badRequest", `the body is not JSON (${(error as Error).message})`);
	}
}

function decodeParams(groups: Record<string, string | undefined> | undefined): Record<string, string> {
	const params: Record<string, string> = {};
	try {
		for (const [name, value] of Object.entries(groups ?? {})) {
			if (value !== undefined) params[name] = decodeURIComponent(value);
		}
	} catch {
		throw new HttpError(400, "badRequest", "the path is not percent-encoded correctly");
	}
	return params;
}

function parseTarget(target: string): URL {
	try {
		return new URL(target, "http://localhost");
	} catch {
		throw new HttpError(400, "badRequest", "the request target is not a URL");
	}
}

/** A whole number out of the query, kept inside its bounds. */
export function queryNumber(query: URLSearchParams, name: string, standard: number, max: number): number {
	const text = query.get(name);
	if (text === null) return standard;
	if (!/^\d{1,9}$/.test(text)) throw new HttpError(400, "badRequest", `${name} has to be a whole number`);
	return Math.min(Number(text), max);
}

/** The body as an object; anything else is refused. */
export function objectBody(body: unknown): Record<string, unknown> {
	if (typeof body !== "object" || body === null || Array.isArray(body)) {
		throw new HttpError(400, "badRequest", "the body has to be a JSON object");
	}
	return body as Record<string, unknown>;
}

export class OperatorServer {
	private readonly routes: readonly Route[];
	private server: Server | undefined;
	private at = 0;

	constructor(routes: readonly Route[]) {
		this.routes = routes;
	}

	get url(): string {
		return `http://127.0.0.1:${this.at}`;
	}

	async start(port: number): Promise<void> {
		const server = createServer((request, response) => void this.handle(request, response));
		this.server = server;
		await new Promise<void>((resolve, reject) => {
			server.once("error", reject);
			server.listen(port, "127.0.0.1", resolve);
		});
		this.at = (server.address() as AddressInfo).port;
	}

	async stop(): Promise<void> {
		const server = this.server;
		this.server = undefined;
		if (!server) return;
		await new Promise<void>((resolve) => {
			server.close(() => resolve());
			server.closeAllConnections();
		});
	}

	private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
		try {
			const { status = 200, body } = await this.answer(request);
			this.write(response, status, body);
		} catch (error) {
			if (error instanceof HttpError) {
				this.write(response, error.status, { error: error.kind, message: error.message });
			} else {
				this.write(response, 500, { error: "internal", message: (error as Error).message });
			}
		}
	}

	private async answer(request: IncomingMessage): Promise<HttpAnswer> {
		// A web page that reaches us under a foreign name (DNS rebinding) is turned away.
		if (!LOOPBACK_HOST.test(request.headers.host ?? "")) {
			throw new HttpError(403, "forbidden", "the Host header does not name this machine");
		}
		const url = parseTarget(request.url ?? "/");
		const path = url.pathname.length > 1 ? url.pathname.replace(/\/$/, "") : url.pathname;
		const matching = this.routes.filter((route) => route.path.test(path));
		if (matching.length === 0) throw new HttpError(404, "notFound", `there is nothing at ${path}`);
		const route = matching.find((candidate) => candidate.method === request.method);
		if (!route) throw new HttpError(405, "methodNotAllowed", `${request.method} is not possible at ${path}`);
		route.admit?.(request.headers.authorization);
		const body = route.method === "POST" || route.method === "PUT" ? await readBody(request) : undefined;
		const params = decodeParams(route.path.exec(path)?.groups);
		return route.answer({ params, query: url.searchParams, body });
	}

	private write(response: ServerResponse, status: number, body: unknown): void {
		const text = body === undefined ? "" : JSON.stringify(body);
		const headers: Record<string, string | number> = {
			"content-type": "application/json; charset=utf-8",
			"cache-control": "no-store",
		};
		// A 204 has neither a body nor its length.
		if (status !== 204) headers["content-length"] = Buffer.byteLength(text);
		// Without the word of the scheme a client does not know that it may log in.
		if (status === 401) headers["www-authenticate"] = 'Basic realm="operator", charset="UTF-8"';
		// The rest of a refused body is not read.
		if (status >= 400) headers.connection = "close";
		response.writeHead(status, headers).end(text);
	}
}
