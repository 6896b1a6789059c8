// The paths of own templates: "a.b", "a[0]", and "a[*]", which spreads into one column per element.
import { BAD_ARGUMENT, RowError } from "./arguments.js";
import { checkFragmentName } from "./fragments.js";

/** A name, an index, or "*". */
type Step = string | number;

const STEP = /^([^.[\]]+)|^\[(\d{1,4}|\*)\]/;
const LONGEST = 256;

/** Throws a RowError where it is no path; an empty one is the object itself. */
export function parsePath(text: string): Step[] {
	const fail = (): never => {
		throw new RowError(BAD_ARGUMENT, `not a path: ${text.slice(0, LONGEST)}`);
	};
	let rest = text.replace(/^\$\.?/, "");
	const steps: Step[] = [];
	if (rest.length > LONGEST) fail();
	while (rest !== "") {
		const [all = "", name, index] = STEP.exec(rest) ?? fail();
		if (name !== undefined) checkFragmentName(name);
		steps.push(name ?? (index === "*" ? "*" : Number(index)));
		rest = rest.slice(all.length);
		if (rest === ".") fail();
		if (rest.startsWith(".")) rest = rest.slice(1);
	}
	return steps;
}

/** All values at a path; none where it leads nowhere. */
export function valuesAt(root: unknown, steps: readonly Step[]): unknown[] {
	return steps.reduce<unknown[]>(
		(found, step) =>
			found.flatMap((value) => {
				if (step === "*") return Array.isArray(value) ? value : [];
				if (typeof value !== "object" || value === null || !Object.hasOwn(value, step)) return [];
				return [(value as Record<Step, unknown>)[step]];
			}),
		[root],
	);
}

/** Sets what is at a path of names inside an object, and makes the objects on the way. */
export function setAt(root: Record<string, unknown>, steps: readonly Step[], value: unknown): void {
	let at = root;
	for (const name of steps.slice(0, -1)) {
		if (typeof at[name] !== "object" || at[name] === null) at[name] = {};
		at = at[name] as Record<string, unknown>;
	}
	at[steps.at(-1) as string] = value;
}
