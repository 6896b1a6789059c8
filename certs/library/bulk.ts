// Cumulocity's bulk registration: a list of devices as people write it, and the CSV file that the platform
// takes. Columns as in "Create a bulk device credentials request" of its OpenAPI specification.

import { randomInt } from "node:crypto";
import { CertsError } from "./errors.js";
import { checkDeviceId } from "./names.js";

export interface Listed {
	readonly id: string;
	/** What people call it. */
	readonly name: string;
	/** Where it stands, for messages: "ids.txt, line 3". */
	readonly place: string;
}

export interface BulkOptions {
	/** Type of the devices. */
	readonly type: string;
	/** A password for each device, instead of its certificate. */
	readonly basic: boolean;
}

export const MAX_DEVICES = 10_000;
/** As the firmware's setting device.name. */
const MAX_TEXT = 64;
/** Without the last one the platform takes none of them for an agent, and sends it no operations. */
const HEADERS = ["ID", "CREDENTIALS", "AUTH_TYPE", "TYPE", "NAME", "com_cumulocity_model_Agent.active"];

/** A file's lines: an id, and a name behind a blank if there is one; "#" begins a comment. */
export function readList(bytes: Uint8Array, file: string): Listed[] {
	let text: string;
	try {
		text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
	} catch {
		throw new CertsError(`${file} is not UTF-8: save it as such.`);
	}
	const listed: Listed[] = [];
	for (const [at, raw] of text.split(/\r\n?|\n/).entries()) {
		const line = raw.trim();
		if (line === "" || line.startsWith("#")) continue;
		const blank = line.search(/\s/);
		const id = blank < 0 ? line : line.slice(0, blank);
		listed.push({ id, name: line.slice(id.length).trim() || id, place: `${file}, line ${at + 1}` });
	}
	return listed;
}

/** Throws where a device cannot be registered, or stands there twice. */
export function checkList(listed: readonly Listed[]): void {
	if (listed.length === 0) throw new CertsError("the list has no device in it: write one id on each line.");
	if (listed.length > MAX_DEVICES)
		throw new CertsError(`the list has ${listed.length} devices: register at most ${MAX_DEVICES} at a time.`);
	const seen = new Map<string, string>();
	for (const { id, name, place } of listed) {
		try {
			checkDeviceId(id);
		} catch (error) {
			throw new CertsError(`${place}: ${(error as Error).message}`);
		}
		checkText(name, `${place}: the name`);
		const before = seen.get(id);
		if (before !== undefined)
			throw new CertsError(
				`${place}: the device ${JSON.stringify(id)} stands there already (${before}): leave one out.`,
			);
		seen.set(id, place);
	}
}

export function checkText(text: string, what: string): void {
	if (text === "" || text.length > MAX_TEXT || /\p{C}/u.test(text))
		throw new CertsError(`${what} has 1 to ${MAX_TEXT} printable characters.`);
}

/** The file's text, for a list that was checked. */
export function bulkCsv(listed: readonly Listed[], { type, basic }: BulkOptions): string {
	const rows = listed.map(({ id, name }) =>
		basic ? [id, newPassword(), "BASIC", type, name, "true"] : [id, "", "CERTIFICATES", type, name, "true"],
	);
	return [HEADERS, ...rows].map((row) => `${row.map(field).join(",")}\n`).join("");
}

/** RFC 4180. The platform guesses the separator, so what could be one stands in quotes as well. */
function field(text: string): string {
	return /[",;\s]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

const KINDS = ["ABCDEFGHJKLMNPQRSTUVWXYZ", "abcdefghijkmnopqrstuvwxyz", "23456789", "-_.!"];
const PASSWORD_LENGTH = 24;

/**
 * Some 140 bits. Tenants may want each kind of character; none of them means anything in CSV, and none is
 * mistaken for another.
 */
function newPassword(): string {
	const all = KINDS.join("");
	for (;;) {
		const password = Array.from({ length: PASSWORD_LENGTH }, () => all[randomInt(all.length)]).join("");
		if (KINDS.every((kind) => [...kind].some((one) => password.includes(one)))) return password;
	}
}
