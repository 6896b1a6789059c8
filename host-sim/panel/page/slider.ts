// A slider with its value, which says while it moves what it is set to.

import { h, say } from "./dom.js";

/** Pause between what a slider says while it moves, ms. */
const SLIDE_MS = 80;
/** What is just being moved is not moved back by what is under way, ms. */
const HELD_MS = 600;

export interface SliderRange {
	readonly min: number;
	readonly max: number;
	readonly step: number;
	readonly unit: string;
}

export interface Slider {
	readonly element: HTMLElement;
	show(value: number): void;
}

export function slider(
	id: string,
	name: string,
	{ min, max, step, unit }: SliderRange,
	tell: (value: number) => void,
): Slider {
	const value = h("output", { for: id });
	let told = 0;
	let waiting: ReturnType<typeof setTimeout> | undefined;
	let held = 0;
	const input = h("input", {
		...{ type: "range", id, min, max, step },
		oninput: () => {
			say(value, `${input.value} ${unit}`);
			held = performance.now();
			clearTimeout(waiting);
			waiting = setTimeout(
				() => tell(Number(input.value)),
				Math.max(0, SLIDE_MS - (performance.now() - told)),
			);
			told = performance.now();
		},
	});
	return {
		element: h("div", { class: "slider" }, h("label", { for: id }, name), value, input),
		show(now) {
			if (performance.now() - held < HELD_MS) return;
			const text = String(now);
			if (input.value !== text) input.value = text;
			say(value, `${text} ${unit}`);
		},
	};
}
