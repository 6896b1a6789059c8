// What ends a tool that has never come to a connection, in a sentence that says what to do.

import { explainFailure } from "../cli/explain.js";
import type { Address } from "./address.js";
import { WEB } from "./web-words.js";

/** What may be right in a moment: the broker is not up yet, or has just gone. */
const PASSING = ["connect-failed", "connection-lost", "closed-before-connack", "network-lost"];

/** Whether asking again would not help. */
export function isLasting(code: string, detail: string): boolean {
	return code !== "requested" && (!PASSING.includes(code) || /^TLS\b/.test(detail) || detail.startsWith(WEB));
}

export function explain(code: string, detail: string, address: Address): string {
	const { host, port, path } = address;
	const where = `${host}:${port}`;
	if (detail.startsWith(WEB)) return `${where}: ${detail.slice(WEB.length)}.`;
	if (code === "connect-timeout" && path !== undefined)
		return `${where} does not answer, or opens no WebSocket in time; check --broker and the firewall.`;
	const words = explainFailure(code, detail, address);
	// What helps is named by its scheme.
	return path === undefined ? words : words.replaceAll("mqtt://", "ws://");
}
