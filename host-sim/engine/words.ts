// Words that several views share.

/** Units that people write otherwise than they are sent. */
const UNITS: Readonly<Record<string, string>> = Object.freeze({ C: "°C", "%RH": "% RH" });

export function shownUnit(unit: string): string {
	return UNITS[unit] ?? unit;
}

/** A channel and its value: "temperature 21.50 °C". */
export function shownValue(
	{ key, unit, decimals }: { readonly key: string; readonly unit: string; readonly decimals: number },
	value = Number.NaN,
): string {
	if (Number.isNaN(value)) return `${key} –`;
	return `${key} ${value.toFixed(decimals)} ${shownUnit(unit)}`.trimEnd();
}

/** "1 record", "2 records". */
export function counted(n: number, noun: string): string {
	return `${n} ${noun}${n === 1 ? "" : "s"}`;
}
