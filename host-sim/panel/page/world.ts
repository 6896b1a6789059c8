// The world around the board: what can be turned, and what can go wrong.

import { button, card, h } from "./dom.js";
import { PartsList } from "./parts.js";
import { slider } from "./slider.js";
import { act } from "./state.js";

export interface World {
	readonly ambient: number;
	readonly swing: number;
	readonly load: number;
	readonly noise: number;
	readonly thermistor: string;
	readonly stuck: boolean;
	readonly cut: boolean;
	readonly slowMs: number;
	readonly clockMs: number;
	readonly clockSettable: boolean;
	readonly broker: boolean;
	readonly powered: boolean;
}

const HOUR = 3_600_000;

export class WorldCard {
	readonly element: HTMLElement;
	readonly parts = new PartsList();
	readonly #show: Array<(world: World) => void> = [];

	constructor() {
		const power = button("Cut the power", () => act("power", undefined), { id: "power", class: "danger" });
		const broker = button("Restart the broker", () => act("broker", undefined), { id: "restart-broker" });
		this.#show.push((world) => {
			power.disabled = !world.powered;
			broker.disabled = !world.broker;
		});
		this.element = card(
			"world",
			"World",
			this.#slider("ambient", "Surroundings", -20, 90, 0.5, "°C", (world) => world.ambient),
			this.#slider("load", "Load on the motor", 0, 100, 1, "%", (world) => world.load),
			this.#slider("noise", "Noise of the ADC", 0, 60, 1, "counts", (world) => world.noise),
			h(
				"div",
				{ class: "faults", role: "group", "aria-label": "Faults" },
				this.#choice(
					"thermistor",
					"Thermistor",
					[
						["sound", ""],
						["wire open", "open"],
						["shorted", "shorted"],
					],
					(world) => world.thermistor,
				),
				this.#choice(
					"slow",
					"Network delay",
					[
						["none", 0],
						["200 ms", 200],
						["1 s", 1000],
						["4 s", 4000],
					],
					(world) => world.slowMs,
				),
				this.#choice(
					"clock",
					"Clock",
					[
						["right", 0],
						["an hour ahead", HOUR],
						["in 1970", -1_700_000_000_000],
					],
					(world) => world.clockMs,
					(world) => world.clockSettable,
				),
				this.#switch("stuck", "Tachometer stuck", (world) => world.stuck),
				this.#switch("cut", "Network cut", (world) => world.cut),
			),
			this.parts.element,
			h("div", { class: "buttons" }, broker, power),
		);
	}

	/** What a board does not have cannot go wrong. */
	begin(has: Readonly<Record<"thermistor" | "tachometer", boolean>>): void {
		for (const [id, there] of [
			["thermistor", has.thermistor],
			["stuck", has.tachometer],
		] as const) {
			const row = this.element.querySelector(`#${id}`)?.parentElement;
			if (row) row.hidden = !there;
		}
	}

	show(world: World): void {
		for (const show of this.#show) show(world);
	}

	#slider(
		id: string,
		name: string,
		min: number,
		max: number,
		step: number,
		unit: string,
		of: (world: World) => number,
	): HTMLElement {
		const { element, show } = slider(id, name, { min, max, step, unit }, (value) => act(id, value));
		this.#show.push((world) => show(of(world)));
		return element;
	}

	#choice(
		id: string,
		name: string,
		options: ReadonlyArray<readonly [string, string | number]>,
		of: (world: World) => string | number,
		usable: (world: World) => boolean = () => true,
	): HTMLElement {
		const select = h(
			"select",
			{ id, onchange: () => act(id, options[select.selectedIndex]?.[1]) },
			...options.map(([text]) => h("option", {}, text)),
		);
		this.#show.push((world) => {
			select.disabled = !usable(world);
			const index = options.findIndex(([, value]) => value === of(world));
			if (document.activeElement !== select && select.selectedIndex !== index) select.selectedIndex = index;
			select.classList.toggle("on", index > 0);
		});
		return h("div", { class: "choice" }, h("label", { for: id }, name), select);
	}

	#switch(id: string, name: string, of: (world: World) => boolean): HTMLElement {
		const input = h("input", {
			type: "checkbox",
			id,
			role: "switch",
			onchange: () => act(id, input.checked),
		});
		this.#show.push((world) => {
			input.checked = of(world);
		});
		return h("label", { class: "switch", for: id }, h("span", {}, name), input);
	}
}
