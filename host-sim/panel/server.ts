// The panel's server: on loopback only, and only for whoever has the token of the printed address. Everything
// comes from the package; the page is bundled when it is first asked for.

import { randomBytes, timingSafeEqual } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { parseJson } from "../cloud/bounded-json.js";
import type { Feed } from "./feed.js";

export class ActionError extends Error {
	override name = "ActionError";
}

export interface PanelHooks {
	/** Carries out what a page asks for; throws an ActionError with the reason. */
	act(action: string, value: unknown): Promise<void> | void;
	/** The capture so far. */
	capture(): Uint8Array;
}

const PAGE = fileURLToPath(new URL("./page/", import.meta.url));
const BODY_LIMIT = 8192;
const HEADERS = {
	// Elements of Wokwi carry styles in their drawings; scripts come from here alone.
	"content-security-policy":
		"default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
	"x-content-type-options": "nosniff",
	"referrer-policy": "no-referrer",
	"cross-origin-opener-policy": "same-origin",
	"cache-control": "no-store",
};

export class PanelServer {
	readonly token = randomBytes(18).toString("base64url");
	readonly #feed: Feed;
	readonly #hooks: PanelHooks;
	readonly #server: Server;
	#port = 0;
	#bundle: Promise<{ script: string; style: string }> | undefined;

	constructor(feed: Feed, hooks: PanelHooks) {
		this.#feed = feed;
		this.#hooks = hooks;
		this.#server = createServer((request, response) => {
			this.#answer(request, response).catch((error: unknown) => {
				const known = error instanceof ActionError;
				this.#send(response, known ? 400 : 500, "text/plain", known ? error.message : "internal error");
			});
		});
	}

	/** With the token behind the #, which browsers send nowhere. */
	get url(): string {
		return `http://127.0.0.1:${this.#port}/#${this.token}`;
	}

	/** 0: any free port. */
	async start(port: number): Promise<void> {
		await new Promise<void>((resolve, reject) => {
			this.#server.once("error", reject);
			this.#server.listen(port, "127.0.0.1", resolve);
		});
		this.#port = (this.#server.address() as AddressInfo).port;
	}

	async close(): Promise<void> {
		this.#feed.close();
		await new Promise<void>((resolve) => {
			this.#server.close(() => resolve());
			this.#server.closeAllConnections();
		});
	}

	async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
		const { method = "GET", url = "/" } = request;
		const path = url.split("?")[0];
		// Another name for this machine is a page of somebody else's (DNS rebinding).
		if (!this.#ownHost(request.headers.host)) return this.#send(response, 403, "text/plain", "wrong Host");
		if (method === "GET" && path === "/") {
			const page = await readFile(`${PAGE}index.html`);
			return this.#send(response, 200, "text/html; charset=utf-8", page);
		}
		if (method === "GET" && (path === "/page.js" || path === "/page.css")) {
			const { script, style } = await this.#bundled();
			return path === "/page.js"
				? this.#send(response, 200, "text/javascript; charset=utf-8", script)
				: this.#send(response, 200, "text/css; charset=utf-8", style);
		}
		if (method === "GET" && path === "/favicon.ico") return this.#send(response, 204, "text/plain", "");
		if (!this.#hasToken(request))
			return this.#send(response, 403, "text/plain", "no token: use the printed address");
		if (method === "GET" && path === "/feed") return this.#stream(request, response);
		if (method === "GET" && path === "/capture")
			return this.#send(response, 200, "application/vnd.tcpdump.pcap", this.#hooks.capture());
		if (method === "POST" && path === "/act") return this.#act(request, response);
		this.#send(response, 404, "text/plain", "there is nothing here");
	}

	#ownHost(host: string | undefined): boolean {
		return host === `127.0.0.1:${this.#port}` || host === `localhost:${this.#port}`;
	}

	#hasToken({ headers }: IncomingMessage): boolean {
		const given = Buffer.from(headers["x-mote-token"]?.toString() ?? "");
		const own = Buffer.from(this.token);
		return given.length === own.length && timingSafeEqual(given, own);
	}

	async #act(request: IncomingMessage, response: ServerResponse): Promise<void> {
		const { origin } = request.headers;
		if (origin === undefined || !this.#ownHost(/^http:\/\/(.+)$/.exec(origin)?.[1]))
			return this.#send(response, 403, "text/plain", "wrong Origin");
		if (!/^application\/json\b/.test(request.headers["content-type"] ?? ""))
			return this.#send(response, 415, "text/plain", "the content type has to be application/json");
		const chunks: Buffer[] = [];
		let size = 0;
		for await (const chunk of request as AsyncIterable<Buffer>) {
			size += chunk.length;
			if (size > BODY_LIMIT) return this.#send(response, 413, "text/plain", "too large");
			chunks.push(chunk);
		}
		let body: { action?: unknown; value?: unknown };
		try {
			body = parseJson(Buffer.concat(chunks).toString("utf8")) as typeof body;
		} catch {
			throw new ActionError("the body is not JSON");
		}
		if (typeof body !== "object" || body === null || typeof body.action !== "string")
			throw new ActionError("the body has no action");
		await this.#hooks.act(body.action, body.value);
		this.#send(response, 204, "text/plain", "");
	}

	/** Lines of JSON for as long as somebody reads. */
	#stream(request: IncomingMessage, response: ServerResponse): void {
		response.writeHead(200, { ...HEADERS, "content-type": "application/x-ndjson; charset=utf-8" });
		const leave = this.#feed.join({
			write: (line) => response.write(line),
			end: () => response.destroy(),
		});
		request.on("close", leave);
		response.on("error", leave);
	}

	#send(response: ServerResponse, status: number, type: string, body: string | Uint8Array): void {
		if (response.headersSent) return;
		response.writeHead(status, { ...HEADERS, "content-type": type });
		response.end(body);
	}

	/** The page's script and style, made on first use in some hundred milliseconds. */
	#bundled(): Promise<{ script: string; style: string }> {
		this.#bundle ??= bundle();
		return this.#bundle;
	}
}

async function bundle(): Promise<{ script: string; style: string }> {
	const { build } = await import("esbuild");
	const { outputFiles } = await build({
		entryPoints: [`${PAGE}page.ts`],
		bundle: true,
		write: false,
		outdir: "out",
		format: "esm",
		target: "es2022",
		minify: true,
		legalComments: "none",
		logLevel: "silent",
		// Decorators of Wokwi's elements are compiled already.
		tsconfigRaw: "{}",
	});
	const find = (end: string) => outputFiles.find(({ path }) => path.endsWith(end))?.text ?? "";
	return { script: find(".js"), style: find(".css") };
}
