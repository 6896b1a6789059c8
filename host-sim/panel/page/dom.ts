// Elements by code. Texts go in as text, never as HTML: what came over the wire stays what it is.

type Child = Node | string | undefined;
type Attributes = Readonly<Record<string, string | number | boolean | ((event: Event) => void) | undefined>>;

/** An element; "on…" attributes are listeners, booleans are there or not. */
export function h<K extends keyof HTMLElementTagNameMap>(
	tag: K,
	attributes?: Attributes,
	...children: Child[]
): HTMLElementTagNameMap[K];
export function h(tag: string, attributes?: Attributes, ...children: Child[]): HTMLElement;
export function h(tag: string, attributes: Attributes = {}, ...children: Child[]): HTMLElement {
	const element = document.createElement(tag);
	set(element, attributes);
	for (const child of children) if (child !== undefined) element.append(child);
	return element;
}

export function svg(tag: string, attributes: Attributes = {}, ...children: Child[]): SVGElement {
	const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
	set(element, attributes);
	for (const child of children) if (child !== undefined) element.append(child);
	return element;
}

function set(element: Element, attributes: Attributes): void {
	for (const [name, value] of Object.entries(attributes)) {
		if (value === undefined || value === false) continue;
		if (typeof value === "function") element.addEventListener(name.slice(2), value);
		else element.setAttribute(name, value === true ? "" : String(value));
	}
}

/** A card of the panel with its heading. */
export function card(id: string, title: string, ...children: Child[]): HTMLElement {
	const heading = h("h2", { id: `${id}-title` }, title);
	return h(
		"section",
		{ id, class: "card", "aria-labelledby": `${id}-title` },
		h("header", {}, heading),
		...children,
	);
}

export function button(text: string, press: () => void, more: Attributes = {}): HTMLButtonElement {
	return h("button", { type: "button", onclick: press, ...more }, text);
}

/** Writes a text only when it is another one: nothing is laid out for nothing. */
export function say(element: Element, text: string): void {
	if (element.textContent !== text) element.textContent = text;
}

export function time(ms: number, millis = false): string {
	const date = new Date(ms);
	const two = (n: number) => String(n).padStart(2, "0");
	const text = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
	return millis ? `${text}.${String(date.getMilliseconds()).padStart(3, "0")}` : text;
}

/** Lets the browser save bytes or text as a file. */
export function save(name: string, content: BlobPart, type: string): void {
	const url = URL.createObjectURL(new Blob([content], { type }));
	const link = h("a", { href: url, download: name });
	link.click();
	setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
