// Response templates: rows out of an object, for operations and for what requests ask back.
import { parsePath, valuesAt } from "./json-path.js";
import type { OwnCollection } from "./own-templates.js";

function text(value: unknown): string {
	if (value === undefined || value === null) return "";
	return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/**
 * The columns of every row that the collection makes of an object. `front` follows the message id: the
 * target's external id where the object is an operation.
 */
export function responseRows(
	{ responses }: OwnCollection,
	object: unknown,
	front: readonly string[],
): string[][] {
	const rows: string[][] = [];
	for (const { id, base, condition, patterns } of responses) {
		// The condition looks from the root, also where there is a base.
		if (condition !== "" && valuesAt(object, parsePath(condition)).length === 0) continue;
		const [from] = valuesAt(object, parsePath(base));
		const columns = patterns.flatMap((pattern) => {
			const found = valuesAt(from, parsePath(pattern)).map(text);
			return found.length > 0 ? found : [""];
		});
		rows.push([id, ...front, ...columns]);
	}
	return rows;
}
