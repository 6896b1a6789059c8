// The connection to host-sim: one stream of lines for what happens, one request for each thing that is asked
// for. It comes again by itself when it is lost.

import type { Snapshot, Update } from "../messages.js";

export interface Page {
	/** Everything so far; also after a loss. */
	begin(snapshot: Snapshot): void;
	update(update: Update): void;
	link(connected: boolean, why: string): void;
}

const RETRY_MS = 1000;
// Behind the #, which is sent nowhere.
const TOKEN = location.hash.slice(1);
const HEADERS = { "x-mote-token": TOKEN };

export async function follow(page: Page): Promise<never> {
	for (;;) {
		let why = "host-sim is not there; trying again.";
		try {
			const response = await fetch("/feed", { headers: HEADERS, cache: "no-store" });
			if (response.status === 403) why = "Open the panel by the address that npm start prints.";
			else await read(response, page);
		} catch {
			// It is told below.
		}
		page.link(false, why);
		await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
	}
}

async function read(response: Response, page: Page): Promise<void> {
	const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
	if (!reader || !response.ok) return;
	let pending = "";
	for (;;) {
		const { value, done } = await reader.read();
		if (done) return;
		pending += value;
		for (let end = pending.indexOf("\n"); end >= 0; end = pending.indexOf("\n")) {
			const line = JSON.parse(pending.slice(0, end)) as Update | Snapshot;
			pending = pending.slice(end + 1);
			if ("snapshot" in line) {
				page.begin(line);
				page.link(true, "");
			} else page.update(line);
		}
	}
}

/** Why host-sim does not do what is asked for goes into the page's line. */
export let refused: (why: string) => void = () => {};
export function onRefused(tell: (why: string) => void): void {
	refused = tell;
}

export async function act(action: string, value: unknown): Promise<void> {
	try {
		const response = await fetch("/act", {
			method: "POST",
			headers: { ...HEADERS, "content-type": "application/json" },
			body: JSON.stringify({ action, value }),
		});
		if (!response.ok) refused(await response.text());
	} catch {
		refused("host-sim is not there.");
	}
}

export async function capture(): Promise<Blob> {
	return (await fetch("/capture", { headers: HEADERS })).blob();
}
