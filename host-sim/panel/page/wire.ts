// The wire: each MQTT packet of both directions, newest first; one that is chosen is shown in full.

import type { WirePacket } from "../messages.js";
import { button, card, h, save, say, time } from "./dom.js";
import { capture } from "./state.js";

/** Rows on the page; host-sim keeps more of them. */
const ROWS = 300;
const KEPT = 2000;

export class WireCard {
	readonly element: HTMLElement;
	readonly #list = h("ol", { class: "wire", "aria-label": "Packets, newest first" });
	readonly #count = h("span", { class: "muted" });
	readonly #search: HTMLInputElement;
	readonly #kind: HTMLSelectElement;
	readonly #pause: HTMLButtonElement;
	#packets: WirePacket[] = [];
	#open = -1;
	#paused = false;
	#missed = 0;

	constructor() {
		this.#search = h("input", {
			type: "search",
			id: "wire-search",
			placeholder: "topic or text",
			"aria-label": "Search the wire",
			oninput: () => this.#all(),
		});
		this.#kind = h(
			"select",
			{ id: "wire-kind", "aria-label": "Which packets", onchange: () => this.#all() },
			...["all packets", "PUBLISH", "up", "down", "no acknowledgements"].map((name) => h("option", {}, name)),
		);
		this.#pause = button("Pause", () => this.#turn(), { id: "wire-pause", "aria-pressed": "false" });
		this.element = card(
			"wire",
			"Wire",
			h(
				"div",
				{ class: "toolbar" },
				this.#search,
				this.#kind,
				this.#pause,
				button(
					"Save capture",
					async () => save("mote.pcap", await capture(), "application/vnd.tcpdump.pcap"),
					{ id: "save-capture" },
				),
				this.#count,
			),
			this.#list,
		);
	}

	begin(packets: readonly WirePacket[]): void {
		this.#packets = [...packets];
		this.#missed = 0;
		this.#all();
	}

	add(packets: readonly WirePacket[]): void {
		this.#packets.push(...packets);
		if (this.#packets.length > KEPT * 1.1) this.#packets.splice(0, this.#packets.length - KEPT);
		if (this.#paused) {
			this.#missed += packets.length;
			this.#told();
			return;
		}
		const rows = packets
			.filter((packet) => this.#wanted(packet))
			.slice(-ROWS)
			.map((packet) => this.#row(packet));
		this.#list.prepend(...rows.reverse());
		while (this.#list.childElementCount > ROWS) this.#list.lastElementChild?.remove();
		this.#told();
	}

	#turn(): void {
		this.#paused = !this.#paused;
		this.#pause.setAttribute("aria-pressed", String(this.#paused));
		say(this.#pause, this.#paused ? "Go on" : "Pause");
		if (this.#paused) return;
		this.#missed = 0;
		this.#all();
	}

	#told(): void {
		say(this.#count, this.#paused ? `paused, ${this.#missed} new` : `${this.#packets.length} packets`);
	}

	#wanted({ type, direction, topic = "", payload = "", about }: WirePacket): boolean {
		const kind = this.#kind.value;
		if (kind === "PUBLISH" && type !== "PUBLISH") return false;
		if ((kind === "up" || kind === "down") && direction !== kind) return false;
		if (kind === "no acknowledgements" && /^(PUB(ACK|REC|REL|COMP)|PING.*)$/.test(type)) return false;
		const text = this.#search.value.toLowerCase();
		return text === "" || `${type} ${topic} ${about} ${payload}`.toLowerCase().includes(text);
	}

	#all(): void {
		const wanted = this.#packets.filter((packet) => this.#wanted(packet)).slice(-ROWS);
		this.#list.replaceChildren(...wanted.reverse().map((packet) => this.#row(packet)));
		this.#told();
	}

	#row(packet: WirePacket): HTMLElement {
		const { number, direction, type, topic, about, payload = "", bytes, id, qos } = packet;
		const open = number === this.#open;
		const marks = [
			...(qos !== undefined ? [`QoS ${qos}`] : []),
			...(packet.dup ? ["dup"] : []),
			...(packet.retain ? ["retained"] : []),
			...(id !== undefined ? [`#${id}`] : []),
		];
		const head = h(
			"button",
			{ type: "button", class: "packet", "aria-expanded": String(open), onclick: () => this.#choose(number) },
			h("span", { class: "when" }, time(packet.at, true)),
			h(
				"span",
				{ class: `way ${direction}`, title: direction === "up" ? "from the node" : "to the node" },
				direction === "up" ? "↑" : "↓",
			),
			h("span", { class: "type" }, type),
			h("span", { class: "topic" }, topic ?? ""),
			h("span", { class: "about" }, about || payload.slice(0, 160)),
			h("span", { class: "marks" }, marks.join(" ")),
			h("span", { class: "size" }, `${bytes} B`),
		);
		return h("li", { "data-number": number, "data-type": type }, head, open ? details(packet) : undefined);
	}

	#choose(number: number): void {
		const before = this.#open;
		this.#open = before === number ? -1 : number;
		for (const one of [before, number]) {
			const packet = this.#packets.find((candidate) => candidate.number === one);
			const old = this.#list.querySelector(`[data-number="${one}"]`);
			if (!packet || !old) continue;
			const fresh = this.#row(packet);
			old.replaceWith(fresh);
			if (one === number) fresh.querySelector("button")?.focus();
		}
	}
}

function details(packet: WirePacket): HTMLElement {
	const { rows, json, payload = "", hex, bytes } = packet;
	const parts: HTMLElement[] = [];
	for (const row of rows ?? [])
		parts.push(
			h(
				"dl",
				{ class: "row" },
				h("dt", { class: "id" }, row.id),
				h("dd", { class: "name" }, row.name),
				...row.columns.flatMap(([name, value]) => [
					h("dt", {}, name),
					h("dd", {}, value === "" ? "–" : value),
				]),
			),
		);
	if (json) parts.push(h("pre", {}, pretty(payload)));
	else if (!rows && payload !== "") parts.push(h("pre", {}, payload));
	const copy = (text: string) => void navigator.clipboard.writeText(text);
	parts.push(
		h("pre", { class: "hex" }, spaced(hex, bytes)),
		h(
			"div",
			{ class: "buttons" },
			button("Copy as text", () => copy(payload === "" ? `${packet.type} ${packet.about}` : payload)),
			button("Copy as hex", () => copy(hex)),
		),
	);
	return h("div", { class: "details" }, ...parts);
}

function pretty(text: string): string {
	try {
		return JSON.stringify(JSON.parse(text), undefined, 2);
	} catch {
		return text;
	}
}

/** Rows of 16 bytes, with what of them is text. */
function spaced(hex: string, bytes: number): string {
	const lines: string[] = [];
	for (let at = 0; at < hex.length; at += 32) {
		const line = hex.slice(at, at + 32).match(/../g) ?? [];
		const text = line.map((byte) => {
			const code = Number.parseInt(byte, 16);
			return code >= 32 && code < 127 ? String.fromCharCode(code) : "·";
		});
		lines.push(`${(at / 2).toString(16).padStart(4, "0")}  ${line.join(" ").padEnd(47)}  ${text.join("")}`);
	}
	if (bytes * 2 > hex.length) lines.push("…");
	return lines.join("\n");
}
