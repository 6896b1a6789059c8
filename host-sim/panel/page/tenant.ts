// What only Cumulocity's operator has: whether the device is available, its children, and devices that wait
// to be taken in.

import { button, h, say, time } from "./dom.js";
import { act } from "./state.js";

export interface TenantView {
	readonly availability?: {
		readonly state: string;
		/** The required interval; 0 or less: maintenance. */
		readonly minutes: number;
		/** When something came last that counts, ms since 1970. */
		readonly lastMessage: number | null;
	} | null;
	readonly children?: ReadonlyArray<{
		readonly id: string;
		readonly name: string;
		readonly type: string;
		readonly operations: readonly string[];
		readonly state: string;
	}>;
	readonly waiting?: ReadonlyArray<{ readonly id: string; readonly status: string; readonly at: number }>;
}

const WAITS: Readonly<Record<string, string>> = {
	WAITING_FOR_CONNECTION: "has not come yet",
	PENDING_ACCEPTANCE: "asks for credentials",
	ACCEPTED: "is accepted, and fetches its credentials",
};

function availabilityWords({ availability }: TenantView): string {
	if (!availability) return "no interval is required of it";
	const { state, minutes, lastMessage } = availability;
	if (minutes <= 0) return "in maintenance";
	const last = lastMessage === null ? "nothing yet" : `the last at ${time(lastMessage)}`;
	return `${state.toLowerCase()}: something every ${minutes} min, ${last}`;
}

export class Tenant {
	readonly element: HTMLElement;
	readonly #availability = h("p", { class: "muted", id: "availability" });
	readonly #children = h("ul", { class: "told", "aria-label": "Children" });
	readonly #waiting = h("ul", { class: "told", "aria-label": "Devices that wait" });
	readonly #withChildren = h("div", {}, h("h3", {}, "Children"), this.#children);
	readonly #withWaiting = h("div", {}, h("h3", {}, "Devices that wait"), this.#waiting);
	#shown = "";

	constructor() {
		this.element = h("div", { id: "tenant" }, this.#availability, this.#withWaiting, this.#withChildren);
	}

	show(view: TenantView): void {
		say(this.#availability, availabilityWords(view));
		const { children = [], waiting = [] } = view;
		// What has not changed is not built anew: somebody may be about to press a button.
		const shown = JSON.stringify([children, waiting]);
		if (shown === this.#shown) return;
		this.#shown = shown;
		this.#withChildren.hidden = children.length === 0;
		this.#withWaiting.hidden = waiting.length === 0;
		this.#children.replaceChildren(
			...children.map(({ id, name, type, operations, state }) =>
				h(
					"li",
					{ title: operations.join(", ") },
					h("code", {}, id),
					` ${name}, ${type}${state === "" ? "" : `, ${state.toLowerCase()}`}`,
				),
			),
		);
		this.#waiting.replaceChildren(
			...waiting.map(({ id, status, at }) =>
				h(
					"li",
					{ "data-status": status },
					h("span", { class: "muted" }, time(at)),
					h("code", {}, ` ${id} `),
					WAITS[status] ?? status,
					...(status === "PENDING_ACCEPTANCE"
						? [" ", button("Accept", () => void act("accept", id), { "aria-label": `Accept ${id}` })]
						: []),
				),
			),
		);
	}
}
