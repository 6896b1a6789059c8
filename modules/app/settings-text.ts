// Settings as somebody wrote them: a JSON text of groups, from the store of a board or from a file. It is
// looked through before it is parsed: JSON.parse follows any depth, forgets in silence what stands twice, and
// on XS keeps every new name for good.

import { SettingsError } from "./settings.js";

/** Mistakes after which the rest is not looked at. */
const MAX_MISTAKES = 8;
export const NOT_JSON = "not JSON";
const QUOTE = 34;
const BACKSLASH = 92;
const BYTE_ORDER_MARK = 0xfeff;

export interface TextRules {
	/** Most characters. */
	readonly longest: number;
	/** Deepest nesting: 2 is an object of groups of values, 3 one of groups of groups. */
	readonly depth: number;
	/**
	 * Whether there is such a group, such a setting in it, such a field of that; undefined: names are left to
	 * `makeSettings`.
	 */
	readonly known?:
		| ((group: string, key: string | undefined, field: string | undefined) => boolean)
		| undefined;
}

/** The value of the text; throws a SettingsError that says what is wrong, without any of the values. */
export function parseSettings(text: string, rules: TextRules): unknown {
	if (text.length > rules.longest) throw new SettingsError([`longer than ${rules.longest} characters`]);
	// What some editors put in front of a file.
	const json = text.charCodeAt(0) === BYTE_ORDER_MARK ? text.slice(1) : text;
	const mistakes = lookThrough(json, rules);
	if (mistakes.length > 0) throw new SettingsError(mistakes);
	try {
		return JSON.parse(json);
	} catch {
		throw new SettingsError([NOT_JSON]);
	}
}

/** What is too deep, stands twice, or is not known. */
function lookThrough(json: string, { depth: deepest, known }: TextRules): string[] {
	const mistakes: string[] = [];
	/** The names so far: of the groups, of the values in the last one, of the fields of the last of these. */
	const names: [string[], string[], string[]] = [[], [], []];
	let depth = 0;
	/** Depth of a name that nobody knows: what is in it is not looked at. */
	let lost = Number.POSITIVE_INFINITY;
	for (let at = 0; at < json.length && mistakes.length < MAX_MISTAKES; at++) {
		const c = json.charCodeAt(at);
		if (c === QUOTE) {
			const end = stringEnd(json, at);
			const seen = names[depth - 1];
			if (seen && depth <= lost && isName(json, end)) {
				const name = json.slice(at + 1, end - 1);
				const path = [...names.slice(0, depth - 1).map((list) => list.at(-1) ?? ""), name];
				const mistake = nameMistake(seen, path, known);
				lost = mistake === "" ? Number.POSITIVE_INFINITY : depth;
				if (mistake === "") seen.push(name);
				else mistakes.push(`${path.map(shown).join(".")}: ${mistake}`);
				// What is in a group that nobody knows, nobody knows either.
				if (mistake !== "" && depth === 1) return mistakes;
			}
			at = end - 1;
		} else if (c === 123 || c === 91) {
			if (++depth > deepest) return ["nested too deep"];
			if (depth === 2 || depth === 3) names[depth - 1] = [];
		} else if (c === 125 || c === 93) depth--;
		if (depth < 0) return [NOT_JSON];
	}
	return mistakes;
}

/** What is wrong with the last name of a path: of a group, of a setting in one, of a field of that; or "". */
function nameMistake(seen: readonly string[], path: readonly string[], known: TextRules["known"]): string {
	const [group = "", key, field] = path;
	const name = path[path.length - 1] as string;
	if (name.includes("\\")) return "a name with a backslash";
	if (seen.includes(name)) return "stands twice";
	if (!known || known(group, key, field)) return "";
	if (key === undefined) return "unknown group";
	return field === undefined && group === "channels" ? "unknown channel" : "unknown setting";
}

/** A name for a message: of what is no name of ours, nothing is repeated. */
function shown(name: string): string {
	if (name.length > 40) return "a name";
	for (let i = 0; i < name.length; i++) {
		const c = name.charCodeAt(i);
		const letter = (c | 32) >= 97 && (c | 32) <= 122;
		if (!letter && c !== 95 && !(c >= 48 && c <= 57)) return "a name";
	}
	return name;
}

/** Position behind the string that begins at `at`. */
function stringEnd(json: string, at: number): number {
	for (let p = at + 1; p < json.length; p++) {
		const c = json.charCodeAt(p);
		if (c === BACKSLASH) p++;
		else if (c === QUOTE) return p + 1;
	}
	return json.length;
}

/** Whether a colon follows. */
function isName(json: string, at: number): boolean {
	let p = at;
	while (p < json.length && " \t\r\n".includes(json.charAt(p))) p++;
	return json.charAt(p) === ":";
}
