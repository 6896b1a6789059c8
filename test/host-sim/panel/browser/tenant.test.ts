// What the operator of a Cumulocity tenant sees on the panel, and the button that takes a device in.

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { Feed } from "../../../../host-sim/panel/feed.js";
import { PanelServer } from "../../../../host-sim/panel/server.js";

const CHROMIUM = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find((path) =>
	existsSync(path),
);
const DEVICE = "mote-0001";

describe("panel: Cumulocity's operator in the browser", () => {
	let browser: Browser;
	let page: Page;
	let view: Record<string, unknown>;
	let accepted: unknown[];
	let feed: Feed;
	let server: PanelServer;

	before(async function () {
		if (!CHROMIUM) {
			console.log("    no Chromium is installed: the panel's tests in the browser are skipped");
			this.skip();
		}
		browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
	});
	after(() => browser?.close());
	beforeEach(async () => {
		const about = { device: DEVICE, cloud: "cumulocity", board: "esp32", embedded: true, maxRpm: 200 };
		feed = new Feed({ ...about, channels: [], started: Date.now() });
		view = { online: true, samples: 0, came: [], device: null, alarms: [], events: [] };
		accepted = [];
		server = new PanelServer(feed, {
			act: (action, value) => {
				accepted.push(action, value);
				show({ waiting: [{ id: "mote-0002", status: "ACCEPTED", at: 1 }] });
			},
			capture: () => new Uint8Array(),
		});
		await server.start(0);
		page = await browser.newPage({ viewport: { width: 1440, height: 1000 } });
		await page.goto(server.url);
	});
	afterEach(async () => {
		await page?.close();
		await server?.close();
	});

	function show(more: Record<string, unknown>): void {
		view = { ...view, ...more };
		feed.now({ cloud: view });
	}
	const items = (list: string) => page.locator(`ul[aria-label="${list}"] li`);

	it("shows availability, children, answers, and whoever waits, and accepts them", async () => {
		const child = { id: "mote-0001:relay", name: "<b>Relay</b>", type: "mote_Relay", state: "" };
		const alarm = {
			type: "stuck",
			text: "It sticks",
			severity: "MAJOR",
			status: "ACTIVE",
			time: 1,
			count: 1,
		};
		const command = { id: "1", at: 1, text: "mote-0001:relay: state", status: "SUCCESSFUL" };
		feed.command({ ...command, reason: "CLOSED, since noon" });
		show({
			availability: { state: "UNAVAILABLE", minutes: 5, lastMessage: null },
			children: [{ ...child, operations: ["c8y_Relay"] }],
			alarms: [{ ...alarm, child: child.id }],
			waiting: [
				{ id: "mote-0002", status: "PENDING_ACCEPTANCE", at: 1 },
				{ id: "mote-0003", status: "WAITING_FOR_CONNECTION", at: 2 },
			],
		});

		await page.locator("#availability", { hasText: /^unavailable: something every 5 min/ }).waitFor();
		assert.match(await items("Children").innerText(), /^mote-0001:relay <b>Relay<\/b>, mote_Relay$/);
		assert.match(await items("Alarms").innerText(), /MAJOR mote-0001:relay: stuck: It sticks/);
		const answer = page.locator(".commands li").first();
		assert.match(await answer.innerText(), /mote-0001:relay: state[\s\S]*CLOSED, since noon/);
		assert.match(await items("Devices that wait").nth(1).innerText(), /mote-0003 has not come yet$/);
		assert.equal(await page.getByRole("button", { name: /^Accept/ }).count(), 1);
		if (process.env.MOTE_SCREENSHOTS)
			await page.screenshot({ path: join(process.env.MOTE_SCREENSHOTS, "tenant.png"), fullPage: true });

		await page.getByRole("button", { name: "Accept mote-0002" }).click();
		await items("Devices that wait").filter({ hasText: "mote-0002 is accepted" }).waitFor();
		assert.deepEqual(accepted, ["accept", "mote-0002"]);
		assert.equal(await page.getByRole("button", { name: /^Accept/ }).count(), 0);
	});

	it("hides what there is nothing of", async () => {
		show({});
		await page.locator("#availability", { hasText: "no interval is required" }).waitFor();
		for (const heading of ["Children", "Devices that wait"])
			assert.equal(await page.getByRole("heading", { name: heading }).isVisible(), false, heading);
	});
});
