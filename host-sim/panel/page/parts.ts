// The parts that the board's table asks for: what each reads, its sliders and its faults.

import type { PartNow, ShownControl, ShownPart } from "../messages.js";
import { h, say } from "./dom.js";
import { slider } from "./slider.js";
import { act } from "./state.js";

export class PartsList {
	readonly element = h("div", { class: "more-parts" });
	readonly #show: Array<(now: PartNow) => void> = [];

	begin(parts: readonly ShownPart[]): void {
		this.#show.length = 0;
		this.element.hidden = parts.length === 0;
		this.element.replaceChildren(...parts.map((part) => this.#part(part)));
	}

	show(parts: readonly PartNow[]): void {
		for (const [i, now] of parts.entries()) this.#show[i]?.(now);
	}

	#part({ id, name, controls }: ShownPart): HTMLElement {
		const reading = h("output", { id: `${id}-reading` });
		const shows: Array<(value: number | boolean) => void> = [];
		const rows = controls.map((control) => this.#control(id, control, shows));
		this.#show.push((now) => {
			say(reading, now.reading);
			for (const [i, value] of now.values.entries()) shows[i]?.(value);
		});
		return h("fieldset", { id }, h("legend", {}, name), reading, ...rows);
	}

	#control(
		part: string,
		control: ShownControl,
		shows: Array<(value: number | boolean) => void>,
	): HTMLElement {
		const id = `${part}-${control.id}`;
		const set = (value: number | boolean) => act("part", { part, control: control.id, value });
		if (control.kind === "switch") {
			const input = h("input", { type: "checkbox", id, role: "switch", onchange: () => set(input.checked) });
			shows.push((value) => {
				input.checked = value === true;
			});
			return h("label", { class: "switch", for: id }, h("span", {}, control.name), input);
		}
		const { element, show } = slider(id, control.name, control, set);
		shows.push((value) => show(Number(value)));
		return element;
	}
}
