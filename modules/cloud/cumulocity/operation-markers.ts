// Markers in the store: an operation is under way in this place. Written before 501 goes out, and gone once
// the last answer is acknowledged: what stands there at a boot was interrupted.

import { mark, type Store } from "../../core/store.js";
import { MessageId, Operation } from "./message-ids.js";
import { fragmentName, isSupported } from "./operation-answers.js";

/** A key for each place; its value is the template, or a text of that, the id or nothing, and the child's id. */
const UNDER_WAY: readonly string[] = Object.freeze([
	"operation-0",
	"operation-1",
	"operation-2",
	"operation-3",
]);

/** What the cloud has to hear of a child (or with "" of the device), as rows. */
export interface LastWords {
	readonly child: string;
	rows: string;
}

/** Marks the operation of this template in a place; its id is 0, and its child "", where there is none. */
export function noteOperation(
	store: Store,
	place: number,
	template: number,
	id: number,
	child: string,
): void {
	const key = UNDER_WAY[place] as string;
	if (child !== "") store.set(key, `${template},${id > 0 ? id : ""},${child}`);
	else if (id > 0) store.set(key, `${template},${id}`);
	else mark(store, key, template);
}

/** Template, id or "", and child or "" of a marker. */
function markerAt(store: Store, key: string): [template: number, id: string, child: string] {
	const [template, id = "", child = ""] = String(store.get(key) ?? "").split(",");
	return [Number(template), id, child];
}

/** Whether what is under way in this place is for this child, or with "" for the device. */
export function isOf(store: Store, place: number, child: string): boolean {
	return markerAt(store, UNDER_WAY[place] as string)[2] === child;
}

/** Nothing is under way in this place any more. */
export function settleOperation(store: Store, place: number): void {
	const key = UNDER_WAY[place] as string;
	if (store.get(key) !== undefined) store.delete(key);
}

/**
 * What the cloud has to hear of operations that were under way when the last boot ended. A restart that was
 * asked for has succeeded by now. The others have not: left alone, they would take the answers of those to
 * come.
 */
export function interruptedOperations(store: Store): LastWords[] {
	const found: LastWords[] = [];
	for (const key of UNDER_WAY) {
		const [template, id, child] = markerAt(store, key);
		const row = lastRow(template, id);
		const words = found.find((one) => one.child === child);
		if (words) words.rows += row;
		else if (row !== "") found.push({ child, rows: row });
	}
	return found;
}

function lastRow(template: number, id: string): string {
	if (!isSupported(template)) return "";
	const byId = id !== "";
	const target = byId ? id : fragmentName(template);
	if (template === Operation.Restart)
		return `${byId ? MessageId.SetSuccessfulById : MessageId.SetSuccessful},${target}\n`;
	return `${byId ? MessageId.SetFailedById : MessageId.SetFailed},${target},interrupted by a restart\n`;
}
