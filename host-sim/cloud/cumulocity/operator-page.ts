// A page of a collection, in Cumulocity's envelope.
import { type HttpAnswer, queryNumber } from "../http.js";

const PAGE = 5;
const PAGE_MAX = 2000;

export function collectionPage<Item>(
	name: string,
	items: readonly Item[],
	query: URLSearchParams,
	show: (item: Item) => object,
): HttpAnswer {
	const pageSize = Math.max(1, queryNumber(query, "pageSize", PAGE, PAGE_MAX));
	const currentPage = Math.max(1, queryNumber(query, "currentPage", 1, Number.MAX_SAFE_INTEGER));
	const start = (currentPage - 1) * pageSize;
	const totalPages = Math.ceil(items.length / pageSize);
	const statistics = { currentPage, pageSize, totalPages, totalElements: items.length };
	return { body: { [name]: items.slice(start, start + pageSize).map(show), statistics } };
}
