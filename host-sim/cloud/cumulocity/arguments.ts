// Reads the columns of a SmartREST row as typed template parameters.

/** Why a row cannot be carried out; becomes the text of an error row on s/e. */
export class RowError extends Error {
	readonly code: number;

	constructor(code: number, text: string) {
		super(text);
		this.code = code;
	}
}

export const BAD_ARGUMENT = 45;

/** The number a column holds; undefined when it is not a finite decimal number. */
export function decimal(text: string): number | undefined {
	if (!/^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/.test(text)) return undefined;
	const value = Number(text);
	return Number.isFinite(value) ? value : undefined;
}

const TIME = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:?\d\d)$/;

/** ISO 8601 date and time with an offset, as ms since 1970; undefined when it is no such time. */
export function isoTime(text: string): number | undefined {
	const match = TIME.exec(text);
	if (!match) return undefined;
	const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as [
		number,
		number,
		number,
		number,
		number,
		number,
	];
	if (hour > 23 || minute > 59 || second > 59) return undefined;
	const local = Date.UTC(year, month - 1, day, hour, minute, second);
	const check = new Date(local);
	if (check.getUTCMonth() !== month - 1 || check.getUTCDate() !== day) return undefined;
	const milliseconds = Math.floor(Number(`0.${match[7] ?? "0"}`) * 1000 + 1e-6);
	const zone = match[8] as string;
	if (zone === "Z") return local + milliseconds;
	const offset = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(-2));
	return local + milliseconds - (zone.startsWith("-") ? -1 : 1) * offset * 60_000;
}

/** One row's columns after the template's id. */
export class Arguments {
	private readonly columns: readonly string[];

	constructor(columns: readonly string[]) {
		this.columns = columns;
	}

	get count(): number {
		return this.columns.length;
	}

	text(index: number): string {
		return this.columns[index] ?? "";
	}

	mandatory(index: number, name: string): string {
		const value = this.text(index);
		if (value === "") throw new RowError(BAD_ARGUMENT, `${name} is missing`);
		return value;
	}

	number(index: number, name: string): number {
		const text = this.mandatory(index, name);
		const value = decimal(text);
		if (value === undefined) throw new RowError(BAD_ARGUMENT, `${name} is not a number: ${text}`);
		return value;
	}

	/** true or false; `standard` when the column is empty. */
	boolean(index: number, name: string, standard: boolean): boolean {
		const text = this.text(index);
		if (text === "") return standard;
		if (text !== "true" && text !== "false")
			throw new RowError(BAD_ARGUMENT, `${name} is neither true nor false: ${text}`);
		return text === "true";
	}

	/** The time in a column; an empty one means the server's time. */
	time(index: number): number {
		const text = this.text(index);
		if (text === "") return Date.now();
		const time = isoTime(text);
		if (time === undefined)
			throw new RowError(BAD_ARGUMENT, `time is not an ISO 8601 date and time: ${text}`);
		return time;
	}

	/** The columns from here to the end, without empty ones at the very end. */
	rest(index: number): string[] {
		const rest = this.columns.slice(index);
		while (rest.at(-1) === "") rest.pop();
		return rest;
	}
}

/** An optional number; 0 when the column is empty. */
export function optionalNumber(row: Arguments, index: number, name: string): number {
	return row.text(index) === "" ? 0 : row.number(index, name);
}

export function integer(row: Arguments, index: number, name: string): number {
	const value = row.number(index, name);
	if (!Number.isInteger(value)) throw new RowError(BAD_ARGUMENT, `${name} is not an integer`);
	return value;
}
