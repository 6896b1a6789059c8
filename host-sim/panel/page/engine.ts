// The engine: the machine's memory against the board's limits, and the counters of the node's health.

import type { MemoryStats } from "../../engine/engine.js";
import type { NodeStatus } from "../../engine/status.js";
import { counted } from "../../engine/words.js";
import { card, h, say } from "./dom.js";

const COUNTERS: ReadonlyArray<readonly [keyof NodeStatus, string]> = [
	["accepted", "records taken"],
	["delivered", "records delivered"],
	["waiting", "waiting"],
	["messages", "messages"],
	["connections", "connections"],
	["evicted", "evicted"],
	["unconfirmed", "unconfirmed"],
	["missingValues", "missing values"],
	["droppedSamples", "dropped samples"],
	["commands", "commands"],
	["refusedCommands", "refused commands"],
	["malformed", "not understood"],
];
/** Part of a limit from which on a gauge warns. */
const NEAR = 0.9;

class Gauge {
	readonly element: HTMLElement;
	readonly #bar = h("div", { class: "bar" });
	readonly #text = h("span", { class: "value" });
	readonly #meter: HTMLElement;

	constructor(name: string) {
		this.#meter = h(
			"div",
			{ class: "meter", role: "meter", "aria-label": name, "aria-valuemin": 0 },
			this.#bar,
		);
		this.element = h("div", { class: "gauge" }, h("span", {}, name), this.#text, this.#meter);
	}
	show(value: number, limit: number, text: string): void {
		const part = limit > 0 ? Math.min(1, value / limit) : 0;
		this.#bar.style.width = `${(part * 100).toFixed(1)}%`;
		this.#bar.classList.toggle("near", part > NEAR);
		this.#meter.setAttribute("aria-valuenow", String(value));
		this.#meter.setAttribute("aria-valuemax", String(limit));
		say(this.#text, text);
	}
}

export class EngineCard {
	readonly element: HTMLElement;
	readonly #ring = new Gauge("Ring");
	readonly #block = new Gauge("Slots and chunks, one block");
	readonly #slots = new Gauge("Slots");
	readonly #chunks = new Gauge("Chunks");
	readonly #stack = new Gauge("Stack, at most");
	readonly #keys = new Gauge("New names");
	readonly #memory: HTMLElement;
	readonly #none = h(
		"p",
		{ class: "muted" },
		"On Node a board's memory is not simulated: npm start -- --engine xs does it.",
	);
	readonly #collections = h("p", { class: "muted" });
	readonly #counters = new Map<string, HTMLElement>();

	constructor() {
		this.#memory = h(
			"div",
			{},
			...[this.#block, this.#slots, this.#chunks, this.#stack, this.#keys].map(({ element }) => element),
			this.#collections,
		);
		this.#memory.hidden = true;
		this.#none.hidden = true;
		const counters = h("dl", { class: "facts" });
		for (const [key, name] of COUNTERS) {
			const value = h("dd", { id: `count-${key}` }, "–");
			this.#counters.set(key, value);
			counters.append(h("dt", {}, name), value);
		}
		this.element = card(
			"engine",
			"Engine",
			this.#ring.element,
			this.#memory,
			this.#none,
			h("h3", {}, "Health"),
			counters,
		);
	}

	node(status: NodeStatus | null): void {
		if (!status) return;
		this.#ring.show(
			status.used,
			status.capacity,
			`${status.used} of ${status.capacity}, at most ${status.highWater}`,
		);
		for (const [key, element] of this.#counters) say(element, String(status[key as keyof NodeStatus]));
	}

	memory(stats: MemoryStats | null): void {
		this.#none.hidden = stats !== null;
		this.#memory.hidden = stats === null;
		if (!stats) return;
		const { slotBytes, slots, slotsLimit, chunkBytes, chunkBytesLimit, staticBytes, staticFree } = stats;
		const block = staticBytes > 0;
		this.#block.element.hidden = !block;
		this.#slots.element.hidden = this.#chunks.element.hidden = block;
		if (block) {
			const used = staticBytes - staticFree;
			this.#block.show(
				used,
				staticBytes,
				`${bytes(used)} of ${bytes(staticBytes)} (${slots} slots, ${bytes(chunkBytes)} of chunks)`,
			);
		}
		this.#slots.show(slots, slotsLimit, `${slots} of ${slotsLimit} (${bytes(slots * slotBytes)})`);
		this.#chunks.show(chunkBytes, chunkBytesLimit, `${bytes(chunkBytes)} of ${bytes(chunkBytesLimit)}`);
		this.#stack.show(stats.stackPeak, stats.stackLimit, `${stats.stackPeak} of ${stats.stackLimit} slots`);
		this.#keys.show(stats.keys, stats.keysLimit, `${stats.keys} of ${stats.keysLimit}`);
		say(this.#collections, `${counted(stats.collections, "collection")}; garbage counts until the next one`);
	}
}

function bytes(n: number): string {
	return n < 10_000 ? `${n} B` : `${(n / 1024).toFixed(1)} KB`;
}
