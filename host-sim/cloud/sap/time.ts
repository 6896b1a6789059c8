// Points in time as SAP IoT takes them: whole milliseconds since 1970, or ISO 8601 with an offset.

const ISO = /^\d{4}-(\d\d)-(\d\d)T\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/;

/** ms since 1970; undefined when the text is no such time. */
export function isoTimestamp(text: string): number | undefined {
	const match = ISO.exec(text);
	if (!match) return undefined;
	// Date.parse rolls a day that the month does not have over into the next month.
	const day = new Date(`${text.slice(0, 10)}T00:00:00Z`);
	if (day.getUTCDate() !== Number(match[2]) || day.getUTCMonth() + 1 !== Number(match[1])) return undefined;
	const time = Date.parse(text);
	return Number.isNaN(time) ? undefined : time;
}

export function timestamp(value: unknown): number | undefined {
	if (typeof value === "string") return isoTimestamp(value);
	return Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : undefined;
}
