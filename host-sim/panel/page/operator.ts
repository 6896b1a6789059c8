// The operator's side: commands and how they go, alarms and events, and the device as the cloud sees it.

import { shownUnit } from "../../engine/words.js";
import type { Command, Said } from "../messages.js";
import { button, card, h, say, time } from "./dom.js";
import { act } from "./state.js";
import { Tenant, type TenantView } from "./tenant.js";

interface Alarm {
	readonly type: string;
	readonly text: string;
	readonly severity: string;
	readonly status: string;
	readonly time: number;
	readonly count: number;
	/** Whose, if it is not the device's own. */
	readonly child?: string;
}
interface Event {
	readonly child?: string;
	readonly type: string;
	readonly text: string;
	readonly time: number;
}
/** What came last of a series, and how often. */
interface Came {
	readonly series: string;
	readonly text: string;
	readonly unit: string;
	readonly at: number;
	readonly count: number;
}
export interface CloudView extends TenantView {
	readonly online: boolean;
	readonly samples: number;
	readonly came: readonly Came[];
	readonly device?: Readonly<Record<string, unknown>> | null;
	readonly alarms?: readonly Alarm[];
	readonly events?: readonly Event[];
}

const NAMES: Readonly<Record<string, string>> = {
	cumulocity: "Cumulocity",
	sap: "SAP IoT",
	plain: "the broker",
};
const SHOWN = 30;

const whose = (child = ""): string => (child === "" ? "" : `${child}: `);

export class Operator {
	readonly element: HTMLElement;
	readonly #title: HTMLElement;
	readonly #text: HTMLInputElement;
	readonly #send: HTMLButtonElement;
	readonly #commands = h("ol", {
		class: "commands",
		"aria-label": "Commands, newest first",
		"aria-live": "polite",
	});
	readonly #known = new Map<string, Command>();
	readonly #alarms = h("ul", { class: "told", "aria-label": "Alarms" });
	readonly #events = h("ul", { class: "told", "aria-label": "Events" });
	readonly #device = h("dl", { class: "facts" });
	readonly #details = h("details", {}, h("summary", {}, "The device, as the cloud sees it"), this.#device);
	readonly #tenant = new Tenant();
	readonly #more: HTMLElement;
	readonly #stored = h("p", { class: "muted" });
	readonly #came = h("dl", { class: "facts", id: "came" });
	#shown = "";

	constructor() {
		this.#text = h("input", {
			type: "text",
			id: "command",
			maxlength: 512,
			placeholder: "led 40%; buzzer 880Hz 200ms 3x; speed 50",
			autocomplete: "off",
			spellcheck: "false",
			"aria-label": "Command",
		});
		this.#send = h("button", { type: "submit", class: "primary" }, "Send");
		const form = h(
			"form",
			{
				class: "send",
				onsubmit: (event) => {
					event.preventDefault();
					if (this.#text.value.trim() === "") return;
					void act("command", this.#text.value);
					this.#text.select();
				},
			},
			this.#text,
			this.#send,
		);
		const quick = (name: string, command: string) =>
			button(name, () => act("command", command), { title: command });
		const level = (
			id: string,
			name: string,
			max: number,
			unit: string,
			command: (value: string) => string,
		) => {
			const value = h("output", { for: id }, `0 ${unit}`);
			const input = h("input", {
				...{ type: "range", id, min: 0, max, step: 5, value: 0 },
				oninput: () => say(value, `${input.value} ${unit}`),
				onchange: () => act("command", command(input.value)),
			});
			return h("div", { class: "slider" }, h("label", { for: id }, name), value, input);
		};
		this.#more = h(
			"div",
			{},
			this.#tenant.element,
			h("h3", {}, "Alarms"),
			this.#alarms,
			h("h3", {}, "Events"),
			this.#events,
			this.#details,
		);
		this.element = card(
			"operator",
			"Operator",
			form,
			level("send-led", "LED", 100, "%", (value) => `led ${value}%`),
			level("send-speed", "Speed", 200, "rpm", (value) => `speed ${value}`),
			h(
				"div",
				{ class: "buttons" },
				quick("Beep", "buzzer 880Hz 200ms 3x"),
				quick("All off", "led off; buzzer off; speed stop"),
				quick("Every 250 ms", "interval 250ms"),
				quick("Every second", "interval 1s"),
			),
			this.#commands,
			this.#stored,
			this.#came,
			this.#more,
		);
		this.#title = this.element.querySelector("h2") as HTMLElement;
	}

	begin(about: Readonly<Record<string, unknown>>, commands: readonly Command[]): void {
		say(this.#title, `Operator, at ${NAMES[String(about.cloud)] ?? ""}`);
		this.#more.hidden = about.cloud === "sap" || about.embedded !== true;
		this.#tenant.element.hidden = about.cloud !== "cumulocity";
		this.#details.hidden = about.cloud !== "cumulocity";
		this.#came.replaceChildren();
		for (const input of this.element.querySelectorAll<HTMLInputElement | HTMLButtonElement>("input, button"))
			input.disabled = about.embedded !== true;
		this.#known.clear();
		this.#commands.replaceChildren();
		this.commands(commands);
	}

	/** Last values: rows are made once, and then only their texts change. */
	#show(came: readonly Came[]): void {
		const names = [...this.#came.querySelectorAll("dt")];
		const rows = [...this.#came.querySelectorAll("dd")];
		for (const [i, { series, text, unit, at, count }] of came.entries()) {
			const name = names[i] ?? h("dt");
			const row = rows[i] ?? h("dd");
			if (!rows[i]) this.#came.append(name, row);
			say(name, series);
			say(row, `${text} ${shownUnit(unit)}`.trimEnd());
			row.title = `${count} values, the last of ${time(at)}`;
		}
	}

	commands(commands: readonly Command[]): void {
		for (const command of commands) {
			const item = this.#item(command);
			const old = this.#commands.querySelector(`[data-id="${CSS.escape(command.id)}"]`);
			if (old) old.replaceWith(item);
			else this.#commands.prepend(item);
			this.#known.set(command.id, command);
		}
		while (this.#commands.childElementCount > SHOWN) this.#commands.lastElementChild?.remove();
	}

	#item({ id, text, status, reason, at }: Command): HTMLElement {
		return h(
			"li",
			{ "data-id": id, "data-status": status },
			h("span", { class: `status ${status.toLowerCase()}` }, status),
			h("code", {}, text),
			h("span", { class: "muted" }, time(at)),
			reason === "" ? undefined : h("p", { class: "reason" }, reason),
		);
	}

	show(view: CloudView): void {
		const { online, samples, came, device, alarms = [], events = [] } = view;
		this.#tenant.show(view);
		say(this.#stored, `${online ? "online" : "offline"}, ${samples} samples stored`);
		this.#show(came);
		// What has not changed is not built anew: somebody may be reading it.
		const shown = JSON.stringify([device, alarms, events]);
		if (shown === this.#shown) return;
		this.#shown = shown;
		const list = (element: HTMLElement, items: HTMLElement[]) =>
			element.replaceChildren(...(items.length > 0 ? items : [h("li", { class: "muted" }, "none")]));
		list(
			this.#alarms,
			[...alarms]
				.reverse()
				.map(({ type, text, severity, status, count, child }) =>
					h(
						"li",
						{ class: status.toLowerCase() },
						h(
							"span",
							{ class: `status ${severity.toLowerCase()}` },
							status === "CLEARED" ? "CLEARED" : severity,
						),
						` ${whose(child)}${type}: ${text}${count > 1 ? ` (${count} times)` : ""}`,
					),
				),
		);
		list(
			this.#events,
			[...events]
				.reverse()
				.map((event) =>
					h(
						"li",
						{},
						h("span", { class: "muted" }, time(event.time)),
						` ${whose(event.child)}${event.type}: ${event.text}`,
					),
				),
		);
		this.#device.replaceChildren(
			...Object.entries(device ?? {}).flatMap(([name, value]) => [
				h("dt", {}, name),
				h(
					"dd",
					{},
					typeof value === "object"
						? JSON.stringify(value)
						: name === "creationTime"
							? new Date(Number(value)).toLocaleString()
							: String(value),
				),
			]),
		);
	}
}

/** What host-sim has to say, newest first. */
export class Log {
	readonly element: HTMLElement;
	readonly #list = h("ol", { class: "log", "aria-label": "Newest first" });

	constructor() {
		this.element = card("log", "Log", this.#list);
	}
	begin(lines: readonly Said[]): void {
		this.#list.replaceChildren();
		this.add(lines);
	}
	add(lines: readonly Said[]): void {
		const items = lines.map(({ at, text, level }) =>
			h("li", { class: level }, h("span", { class: "muted" }, time(at)), ` ${text}`),
		);
		this.#list.prepend(...items.reverse());
		while (this.#list.childElementCount > 100) this.#list.lastElementChild?.remove();
	}
}
