// Lists as the management interface gives them: filtered, and a page at a time.
import { HttpError, queryNumber } from "../http.js";

const PAGE = 100;
const PAGE_MAX = 1000;
const TERM = "(\\w+) eq '([^']*)'";
const FILTER = new RegExp(`^${TERM}( and ${TERM})*$`);

/** skip, top, and a filter of the form "field eq 'value' and …". */
export function list<Item extends object>(items: readonly Item[], query: URLSearchParams): Item[] {
	const filter = query.get("filter");
	let selected = [...items];
	if (filter !== null) {
		if (!FILTER.test(filter))
			throw new HttpError(400, "badRequest", "the filter has to be: field eq 'value' and …");
		for (const [, field = "", wanted] of filter.matchAll(new RegExp(TERM, "g")))
			selected = selected.filter((item) => (item as Record<string, unknown>)[field] === wanted);
	}
	const skip = queryNumber(query, "skip", 0, Number.MAX_SAFE_INTEGER);
	return selected.slice(skip, skip + queryNumber(query, "top", PAGE, PAGE_MAX));
}

/** Oldest first unless the query's orderby says otherwise. */
export function byTime<Item extends { time: number }>(items: Item[], query: URLSearchParams): Item[] {
	const order = /^timestamp( asc| desc)?$/.exec(query.get("orderby") ?? "timestamp asc");
	if (!order) throw new HttpError(400, "badRequest", "orderby has to be: timestamp asc or timestamp desc");
	return items.sort((a, b) => (order[1] === " desc" ? b.time - a.time : a.time - b.time));
}
