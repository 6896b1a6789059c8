// Reads what operators send: each member is checked, and what is wrong with it is said in a sentence.
import { LONGEST } from "./entities.js";
import { ModelError } from "./model-error.js";

export type Json = Record<string, unknown>;

/** Characters of a foreign word that a message shows. */
export const SHOWN = 80;

export const isObject = (value: unknown): value is Json =>
	typeof value === "object" && value !== null && !Array.isArray(value);

/** A foreign word as a message may show it. */
export function shown(value: unknown): string {
	return String(JSON.stringify(value)).slice(0, SHOWN);
}

/** An object with no other members than `known`: one that is misspelt would be missed silently. */
export function members(value: unknown, what: string, known: readonly string[]): Json {
	if (!isObject(value)) throw new ModelError(`${what} has to be a JSON object`);
	const other = Object.keys(value).find((name) => !known.includes(name));
	if (other !== undefined)
		throw new ModelError(`${what} has a member ${shown(other)}, which is none of ${known.join(", ")}`);
	return value;
}

export function textOf(value: unknown, what: string, longest = LONGEST.name): string {
	if (typeof value !== "string" || value === "") throw new ModelError(`${what} is missing or no text`);
	if (value.length > longest) throw new ModelError(`${what} has more than ${longest} characters`);
	if (/\p{Cc}/u.test(value)) throw new ModelError(`${what} has a control character`);
	return value;
}

/** Undefined where the operator leaves it to the service. */
export function alternateIdOf(value: unknown, what: string): string | undefined {
	return value === undefined ? undefined : textOf(value, `${what}'s alternateId`, LONGEST.alternateId);
}

export function listOf(value: unknown, what: string, most: number): readonly unknown[] {
	if (!Array.isArray(value) || value.length === 0)
		throw new ModelError(`${what} is missing or no filled array`);
	if (value.length > most) throw new ModelError(`${what} has more than ${most} elements`);
	return value;
}
