// Kinds of settings: a text, a number, a flag or a choice, each with its default and range.

import { encodeUtf8 } from "./utf8.js";

export interface TextField {
	readonly type: "text";
	readonly value: string;
	readonly min: number;
	readonly max: number;
}
export interface NumberField {
	readonly type: "number";
	readonly value: number;
	readonly min: number;
	readonly max: number;
	readonly whole: boolean;
}
export interface FlagField {
	readonly type: "flag";
	readonly value: boolean;
}
export interface ChoiceField<T extends string | number> {
	readonly type: "choice";
	readonly value: T;
	readonly among: readonly T[];
}
/** A setting: its kind, default and range. */
export type Field = TextField | NumberField | FlagField | ChoiceField<string> | ChoiceField<number>;

/** A text of `min` to `max` characters. */
export const text = (value: string, max: number, min = 0): TextField =>
	Object.freeze({ type: "text", value, min, max });
/** A whole number from `min` to `max`. */
export const whole = (value: number, min: number, max: number): NumberField =>
	Object.freeze({ type: "number", value, min, max, whole: true });
/** A number from `min` to `max`. */
export const real = (value: number, min: number, max: number): NumberField =>
	Object.freeze({ type: "number", value, min, max, whole: false });
export const flag = (value: boolean): FlagField => Object.freeze({ type: "flag", value });
export const choice = <T extends string | number>(value: T, among: readonly T[]): ChoiceField<T> =>
	Object.freeze({ type: "choice", value, among: Object.freeze(among) as readonly T[] });

/** A group of settings. */
export type Fields = Readonly<Record<string, Field>>;

type Widen<T> = T extends string ? (string extends T ? string : T) : T;
/** What a setting of this kind holds. */
type ValueOf<F> =
	F extends ChoiceField<infer T>
		? Widen<T>
		: F extends { value: string }
			? string
			: F extends { value: number }
				? number
				: boolean;
/** What a group holds. */
export type Values<F extends Fields> = { readonly [K in keyof F]: ValueOf<F[K]> };

/** Settings as somebody gives them. */
export type Input = Readonly<Record<string, unknown>>;

const MAX_KEY = 32;

export function isRecord(value: unknown): value is Input {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A group without input. */
export function defaultsOf(fields: Fields): Input {
	return Object.freeze(Object.fromEntries(Object.entries(fields).map(([key, field]) => [key, field.value])));
}

/** `base` overlaid by `values`; mistakes are added to the list, without values: one may be a password. */
export function overlay(
	group: string,
	fields: Fields,
	values: Input,
	base: Input,
	mistakes: string[],
): Input {
	const keys = Object.keys(values);
	if (keys.length === 0) return base;
	const result: Record<string, unknown> = { ...base };
	for (const key of keys) {
		const field = Object.hasOwn(fields, key) ? fields[key] : undefined;
		const mistake = field === undefined ? "unknown setting" : check(field, values[key]);
		if (mistake === "") result[key] = values[key];
		else mistakes.push(`${group}.${key}: ${mistake}`);
	}
	return result;
}

/** Most groups under free names in one group. */
export const MAX_NAMED = 8;

/** `base`, a group of groups under free names, overlaid by `values`; each new one has the defaults below. */
export function overlayNamed(
	group: string,
	fields: Fields,
	values: Input,
	base: Readonly<Record<string, Input>>,
	mistakes: string[],
): Readonly<Record<string, Input>> {
	const result: Record<string, Input> = { ...base };
	for (const name of Object.keys(values)) {
		const own = values[name];
		if (!isKey(name))
			mistakes.push(`${group}.${name}: a name is a small letter and up to 31 letters and digits`);
		else if (!isRecord(own)) mistakes.push(`${group}.${name}: must be an object`);
		else {
			const known = Object.hasOwn(base, name) ? (base[name] as Input) : defaultsOf(fields);
			result[name] = overlay(`${group}.${name}`, fields, own, known, mistakes);
		}
	}
	if (Object.keys(result).length > MAX_NAMED) mistakes.push(`${group}: at most ${MAX_NAMED}`);
	return result;
}

/** Whether it is a small letter and up to 31 letters and digits. */
export function isKey(key: string): boolean {
	const first = key.charCodeAt(0);
	if (!(first >= 97 && first <= 122) || key.length > MAX_KEY) return false;
	for (let i = 1; i < key.length; i++) {
		const c = key.charCodeAt(i);
		if (!isLetter(c) && !isDigit(c)) return false;
	}
	return true;
}
export function isLetter(c: number): boolean {
	return (c | 32) >= 97 && (c | 32) <= 122;
}
export function isDigit(c: number): boolean {
	return c >= 48 && c <= 57;
}

/** Adds the mistakes one by one: as arguments of one call, many would fill a small board's stack. */
export function addAll(mistakes: string[], more: readonly string[]): void {
	for (let i = 0; i < more.length; i++) mistakes.push(more[i] as string);
}

/** What is wrong with a value, or "". */
function check(field: Field, value: unknown): string {
	switch (field.type) {
		case "text":
			if (typeof value !== "string") return "must be a text";
			if (!isPrintable(value)) return "must be well-formed, printable text";
			return value.length >= field.min && value.length <= field.max
				? ""
				: `must have ${field.min} to ${field.max} characters`;
		case "number":
			if (typeof value !== "number" || (field.whole && !Number.isInteger(value)))
				return field.whole ? "must be a whole number" : "must be a number";
			return value >= field.min && value <= field.max ? "" : `must be ${field.min} to ${field.max}`;
		case "flag":
			return typeof value === "boolean" ? "" : "must be true or false";
		default:
			return (field.among as readonly unknown[]).includes(value)
				? ""
				: `must be one of ${field.among.join(", ")}`;
	}
}

/** No lone surrogate, no control character. */
function isPrintable(value: string): boolean {
	const bytes = encodeUtf8(value);
	if (bytes === undefined) return false;
	for (let i = 0; i < bytes.length; i++) {
		const c = bytes[i] as number;
		// C1 controls, U+0080 to U+009F, are C2 80 to C2 9F.
		if (c < 32 || c === 127 || (c === 0xc2 && (bytes[i + 1] as number) < 0xa0)) return false;
	}
	return true;
}
