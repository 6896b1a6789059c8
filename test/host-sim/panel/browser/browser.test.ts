// The panel in a real browser: what is moved on the page is moved on the board, what the board does is seen
// on the page, and nobody else gets in.

import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { buildEngine } from "../../../../host-sim/xs/build.js";
import { startCli } from "../../../system/e2e/cli.js";

const CHROMIUM = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find((path) =>
	existsSync(path),
);
const WAIT = { timeout: 20_000, polling: 100 };

describe("panel: in the browser", () => {
	let browser: Browser;
	let xs = true;
	let cli: ReturnType<typeof startCli> | undefined;
	let page: Page;
	let operator: string;
	let url: string;
	/** What must not be: errors in the console, and requests to elsewhere. */
	let wrong: string[];

	before(async function () {
		if (!CHROMIUM) {
			console.log("    no Chromium is installed: the panel's tests in the browser are skipped");
			this.skip();
		}
		xs = await buildEngine().then(
			() => true,
			() => false,
		);
		browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
	});
	after(() => browser?.close());
	afterEach(async () => {
		await page?.close();
		cli?.cut();
		await cli?.ended;
		cli = undefined;
	});

	/** Starts a run, and opens its panel. */
	async function open(...args: string[]): Promise<void> {
		wrong = [];
		cli = startCli(["--panel", "0", "--interval", "250ms", ...args]);
		[, url] = (await cli.until(/panel {2}(\S+)\n/)) as unknown as [string, string];
		[, operator] = (await cli.until(/operator (\S+) /)) as unknown as [string, string];
		page = await browser.newPage({ viewport: { width: 1440, height: 1000 } });
		await show(page, url);
	}
	async function show(one: Page, address: string): Promise<void> {
		one.on("console", (message) => {
			if (message.type() === "error" || message.type() === "warning") wrong.push(message.text());
		});
		one.on("pageerror", (error) => wrong.push(String(error)));
		one.on("request", (request) => {
			if (!/^(http:\/\/127\.0\.0\.1:|blob:|data:)/.test(request.url())) wrong.push(request.url());
		});
		await one.goto(address);
		await one.waitForFunction(
			() => document.querySelector("#node-state")?.textContent === "online",
			undefined,
			WAIT,
		);
	}
	const text = (selector: string) => page.locator(selector).first().innerText();
	const send = async (command: string) => {
		await page.fill("#command", command);
		await page.press("#command", "Enter");
	};
	interface Measurement {
		time: string;
		c8y_Temperature?: { T: { value: number } };
	}
	async function temperatures(): Promise<Array<{ at: number; celsius: number }>> {
		const answer = await fetch(`${operator}/measurement/measurements?source=mote-0001&pageSize=2000`);
		const { measurements } = (await answer.json()) as { measurements: Measurement[] };
		return measurements.flatMap(({ time, c8y_Temperature }) =>
			c8y_Temperature ? [{ at: Date.parse(time), celsius: c8y_Temperature.T.value }] : [],
		);
	}

	for (const engine of ["xs", "node"])
		it(`turns world and board with the page on ${engine}`, async function () {
			if (engine === "xs" && !xs) this.skip();
			await open("--engine", engine);
			const [before] = await temperatures();
			await page.locator("#ambient").fill("60");
			await page.waitForFunction(
				() => Number.parseFloat(document.querySelector("#celsius-value")?.textContent ?? "") > 30,
				undefined,
				WAIT,
			);
			const after = (await temperatures()).at(-1);
			assert.ok((before?.celsius ?? 99) < 25 && (after?.celsius ?? 0) > 27, JSON.stringify([before, after]));

			await send("led 40%; buzzer 880Hz; speed 100");
			await page.waitForSelector('.commands li[data-status="SUCCESSFUL"]');
			await page.waitForFunction(
				() => document.querySelector("#led-value")?.textContent?.startsWith("40"),
				undefined,
				WAIT,
			);
			assert.equal(
				await page.locator("wokwi-led").evaluate((led) => (led as unknown as { value: boolean }).value),
				true,
			);
			assert.equal(await text("#tone-value"), "880 Hz");
			await page.waitForFunction(
				() => Number.parseFloat(document.querySelector("#rpm-value")?.textContent ?? "") > 90,
				undefined,
				WAIT,
			);

			await send("speed 9999");
			await page.waitForSelector('.commands li[data-status="FAILED"]');
			assert.match(await text(".commands .reason"), /9999 is outside 0 to 200 rpm/);

			await page.selectOption("#thermistor", { label: "wire open" });
			await page.waitForFunction(
				() => Number(document.querySelector("#count-missingValues")?.textContent) > 0,
				undefined,
				WAIT,
			);
			const memory = await page.locator("#engine .gauge:visible").count();
			if (engine === "xs") {
				assert.ok(memory > 3);
				assert.match(await text("#engine"), /Stack, at most\s+\d+ of 512 slots/);
			} else assert.match(await text("#engine"), /On Node a board's memory is not simulated/);
			assert.deepEqual(wrong, []);
		});

	it("shows an outage: the ring grows, the gap in the cloud's curve fills with the samples' own times", async function () {
		if (!xs) this.skip();
		await open();
		await page.click("#cut");
		await page.waitForFunction(
			() => /^[89]|^\d\d/.test(document.querySelector("#engine .gauge .value")?.textContent ?? ""),
			undefined,
			WAIT,
		);
		const times = () =>
			page.evaluate(() => {
				const { curve } = (
					globalThis as unknown as { motePanel: { curve: { times(name: string): number[] } } }
				).motePanel;
				return { sampled: curve.times("temperature-sampled"), cloud: curve.times("temperature-cloud") };
			});
		const cut = await times();
		const gap = cut.sampled.filter((at) => !cut.cloud.includes(at));
		assert.ok(gap.length >= 7, `${gap.length} samples wait`);
		await page.click("#cut");
		await page.waitForFunction(
			(missing) => {
				const { curve } = (
					globalThis as unknown as { motePanel: { curve: { times(name: string): number[] } } }
				).motePanel;
				const cloud = new Set(curve.times("temperature-cloud"));
				return missing.every((at: number) => cloud.has(at));
			},
			gap,
			WAIT,
		);
		if (process.env.MOTE_SCREENSHOTS) {
			await send("led 40%; buzzer 880Hz; speed 100");
			await page.waitForTimeout(8000);
			await page.screenshot({ path: join(process.env.MOTE_SCREENSHOTS, "panel.png") });
		}
		assert.deepEqual(wrong, []);
	});

	for (const engine of ["xs", "node"])
		it(`cuts the power on ${engine}: the node loses its memory, boots again, and what "--keep all" promises is kept`, async function () {
			if (engine === "xs" && !xs) this.skip();
			const folder = mkdtempSync(join(tmpdir(), "mote-panel-"));
			try {
				await open("--engine", engine, "--keep", "all", "--state", folder);
				await send("led 70%");
				await page.waitForSelector('.commands li[data-status="SUCCESSFUL"]');
				await page.click("#cut");
				await page.waitForFunction(
					() => /^[6-9]|^\d\d/.test(document.querySelector("#engine .gauge .value")?.textContent ?? ""),
					undefined,
					WAIT,
				);
				const waiting = await page.evaluate(() => {
					const { curve } = (
						globalThis as unknown as { motePanel: { curve: { times(name: string): number[] } } }
					).motePanel;
					const cloud = new Set(curve.times("temperature-cloud"));
					return curve.times("temperature-sampled").filter((at) => !cloud.has(at));
				});
				await page.click("#power");
				await page.waitForFunction(
					() => document.querySelector("#node-state")?.textContent === "off",
					undefined,
					WAIT,
				);
				await page.waitForFunction(
					() => document.querySelector("#led-value")?.textContent === "0 %",
					undefined,
					WAIT,
				);
				await page.click("#cut");
				await page.waitForFunction(
					() => document.querySelector("#node-state")?.textContent === "online",
					undefined,
					WAIT,
				);
				assert.match(await text("#log"), /boot 2/);
				for (let i = 0; i < 100; i++) {
					const there = new Set((await temperatures()).map(({ at }) => at));
					if (waiting.every((at) => there.has(at))) break;
					assert.ok(i < 99, "what waited is not there");
					await page.waitForTimeout(100);
				}
				assert.ok(waiting.length >= 5);
				assert.deepEqual(wrong, []);
			} finally {
				rmSync(folder, { recursive: true });
			}
		});

	it("shows the wire: decoded, filtered, searched, and saved", async function () {
		if (!xs) this.skip();
		await open();
		await send("led 10%");
		await page.waitForSelector('.commands li[data-status="SUCCESSFUL"]');
		await page.selectOption("#wire-kind", { label: "down" });
		await page.fill("#wire-search", "led 10%");
		await page.waitForFunction(() => document.querySelectorAll(".wire li").length === 1, undefined, WAIT);
		await page.click(".wire .packet");
		assert.match(
			(await text(".wire .details")).replace(/\s+/g, " "),
			/511 command device mote-0001 text led 10%/,
		);
		await page.fill("#wire-search", "");
		await page.selectOption("#wire-kind", { label: "all packets" });
		await page.click("#wire-pause");
		const newest = await page.locator(".wire li").first().getAttribute("data-number");
		await page.waitForFunction(
			() => /paused, [1-9]/.test(document.querySelector("#wire .toolbar")?.textContent ?? ""),
			undefined,
			WAIT,
		);
		assert.equal(await page.locator(".wire li").first().getAttribute("data-number"), newest);
		for (const [button, name, begins] of [
			["#save-capture", "mote.pcap", "d4c3b2a1"],
			["#save-csv", "mote.csv", Buffer.from("time,temperature").toString("hex")],
		] as const) {
			const [download] = await Promise.all([page.waitForEvent("download"), page.click(button)]);
			assert.equal(download.suggestedFilename(), name);
			const chunks: Buffer[] = [];
			for await (const chunk of await download.createReadStream()) chunks.push(chunk as Buffer);
			assert.ok(Buffer.concat(chunks).toString("hex").startsWith(begins));
		}
		assert.deepEqual(wrong, []);
	});

	it("stays text, whatever a command says", async function () {
		if (!xs) this.skip();
		await open();
		const hostile = '<img src=x onerror="globalThis.pwned=1"><script>globalThis.pwned=1</script>';
		await send(hostile);
		await page.waitForSelector('.commands li[data-status="FAILED"]');
		assert.equal(await text(".commands code"), hostile);
		await page.fill("#wire-search", "onerror");
		await page.waitForSelector(".wire li");
		await page.click(".wire .packet");
		assert.equal(await page.evaluate(() => (globalThis as unknown as { pwned?: number }).pwned), undefined);
		assert.equal(await page.locator("img").count(), 0);
		assert.deepEqual(wrong, []);
	});

	it("lets no other page in: no token, another token, a foreign origin", async function () {
		if (!xs) this.skip();
		await open();
		const other = await browser.newPage();
		try {
			for (const address of [url.replace(/#.*/, ""), url.replace(/#.*/, "#wrong")]) {
				await other.goto("about:blank");
				await other.goto(address);
				await other.waitForFunction(
					() => /address that npm start prints/.test(document.querySelector("#notice")?.textContent ?? ""),
					undefined,
					WAIT,
				);
			}
			const folder = mkdtempSync(join(tmpdir(), "mote-foreign-"));
			writeFileSync(join(folder, "index.html"), "<p>elsewhere</p>");
			await other.goto(`file://${join(folder, "index.html")}`);
			const [port, token] = [new URL(url).port, url.split("#")[1]];
			const outcome = await other.evaluate(
				async ([to, key]) => {
					const body = JSON.stringify({ action: "cut", value: true });
					// Even with the token; and as a request that needs no leave.
					const asked = await fetch(`http://127.0.0.1:${to}/act`, {
						method: "POST",
						headers: { "x-mote-token": key as string, "content-type": "application/json" },
						body,
					}).then(
						() => "answered",
						() => "refused",
					);
					await fetch(`http://127.0.0.1:${to}/act`, { method: "POST", mode: "no-cors", body }).catch(
						() => {},
					);
					return asked;
				},
				[port, token],
			);
			assert.equal(outcome, "refused");
			rmSync(folder, { recursive: true });
			await page.waitForTimeout(300);
			assert.equal(await page.locator("#cut").isChecked(), false);
		} finally {
			await other.close();
		}
	});

	it("serves several pages at once, and finds its way back", async function () {
		if (!xs) this.skip();
		await open();
		const second = await browser.newPage({ viewport: { width: 390, height: 800 }, colorScheme: "dark" });
		try {
			await show(second, url);
			await page.locator("#noise").fill("20");
			await second.waitForFunction(
				() => (document.querySelector("#noise") as HTMLInputElement).value === "20",
				undefined,
				WAIT,
			);
			assert.ok(
				(await second.evaluate(() => document.documentElement.scrollWidth)) <= 390,
				"nothing sticks out on a narrow screen",
			);
			await second.reload();
			await second.waitForFunction(() => document.querySelectorAll(".wire li").length > 5, undefined, WAIT);
			assert.deepEqual(wrong, []);
			// host-sim goes and comes back on the same port, with another token: the page says what to do.
			const port = new URL(url).port;
			cli?.cut();
			await cli?.ended;
			await second.waitForFunction(
				() => /host-sim is not there/.test(document.querySelector("#notice")?.textContent ?? ""),
				undefined,
				WAIT,
			);
			cli = startCli(["--panel", port]);
			await cli.until(/panel {2}(\S+)\n/);
			await second.waitForFunction(
				() => /address that npm start prints/.test(document.querySelector("#notice")?.textContent ?? ""),
				undefined,
				WAIT,
			);
		} finally {
			await second.close();
		}
	});

	for (const cloud of ["sap", "plain"])
		it(`shows the operator's side of ${cloud} without what it does not have`, async function () {
			if (!xs) this.skip();
			await open("--cloud", cloud);
			await send("led 30%");
			await page.waitForSelector('.commands li[data-status="SUCCESSFUL"]');
			await page.waitForFunction(
				() => document.querySelector("#led-value")?.textContent?.startsWith("30"),
				undefined,
				WAIT,
			);
			assert.equal(await page.locator("#operator h3:visible").count(), cloud === "plain" ? 2 : 0);
			await page.click(".wire li[data-type=PUBLISH] .packet");
			await page.waitForFunction(
				() => /^[[{]\n/.test(document.querySelector(".wire .details pre")?.textContent ?? ""),
				undefined,
				WAIT,
			);
			assert.deepEqual(wrong, []);
		});

	it("shows nine channels of five parts by unit, with their values, sliders and faults, at both widths", async function () {
		if (!xs) this.skip();
		await open("--board", "esp32c3-station");
		const chips = page.locator("#curve .pick");
		assert.deepEqual(await chips.allInnerTexts(), [
			...["temperature", "humidity", "pressure", "outdoorTemperature", "outdoorHumidity"],
			...["window", "rain", "voltage", "battery"],
		]);
		const units = () =>
			page
				.locator("#plot-values .plot")
				.evaluateAll((plots) => plots.map((plot) => plot.getAttribute("data-unit")));
		assert.deepEqual(await units(), ["C", "%RH", "hPa", "", "mm", "V", "%"]);
		await page.click("#chip-temperature");
		assert.equal((await units())[0], "C", "the other one of this unit is shown still");
		await page.click("#chip-outdoorTemperature");
		assert.deepEqual(await units(), ["%RH", "hPa", "", "mm", "V", "%"]);
		await page.click("#chip-outdoorTemperature");
		await page.click("#chip-temperature");
		assert.equal(await page.locator(".more-parts fieldset").count(), 5);
		assert.equal(await page.locator("#part-thermometer").isVisible(), false);

		await page.locator("#bme280-76-pressure").fill("850");
		const cloudHas = (series: string, wanted: RegExp) =>
			page.waitForFunction(
				([name, source]) => {
					const terms = [...document.querySelectorAll("#came dt")];
					const term = terms.find((one) => one.textContent === name);
					return new RegExp(source as string).test(term?.nextElementSibling?.textContent ?? "");
				},
				[series, wanted.source],
				WAIT,
			);
		await cloudHas("pressure", /^8(50|49\.9)/);
		await page.click("#input-0-closed");
		await cloudHas("window", /^0$/);
		await page.waitForFunction(
			() => /mote_Window: window closed/.test(document.querySelector("#operator")?.textContent ?? ""),
			undefined,
			WAIT,
		);
		await page.click("#sht3x-45-pulled");
		await page.waitForFunction(
			() => Number(document.querySelector("#count-missingValues")?.textContent) > 3,
			undefined,
			WAIT,
		);
		const narrow = await browser.newPage({ viewport: { width: 390, height: 800 }, colorScheme: "dark" });
		try {
			await show(narrow, url);
			assert.equal(await narrow.locator("#curve .pick").count(), 9);
			assert.ok((await narrow.evaluate(() => document.documentElement.scrollWidth)) <= 390);
			if (process.env.MOTE_SCREENSHOTS) {
				await page.waitForTimeout(4000);
				await page.screenshot({ path: join(process.env.MOTE_SCREENSHOTS, "station.png"), fullPage: true });
				await narrow.screenshot({ path: join(process.env.MOTE_SCREENSHOTS, "narrow.png"), fullPage: true });
			}
		} finally {
			await narrow.close();
		}
		assert.deepEqual(wrong, []);
	});

	it("restarts the broker, sticks the tachometer, sets the clock wrong, and the node comes through", async function () {
		if (!xs) this.skip();
		await open();
		await page.click("#restart-broker");
		await page.waitForFunction(
			() => document.querySelector("#node-state")?.textContent === "offline",
			undefined,
			WAIT,
		);
		await page.waitForFunction(
			() => document.querySelector("#node-state")?.textContent === "online",
			undefined,
			WAIT,
		);
		await send("speed 100");
		await page.waitForFunction(
			() => Number.parseFloat(document.querySelector("#rpm-value")?.textContent ?? "") > 90,
			undefined,
			WAIT,
		);
		await page.click("#stuck");
		const speeds = async () => {
			const answer = await fetch(`${operator}/measurement/measurements?source=mote-0001&pageSize=2000`);
			const { measurements } = (await answer.json()) as {
				measurements: Array<{ mote_Speed?: { measured: { value: number } } }>;
			};
			return measurements.flatMap(({ mote_Speed }) => mote_Speed?.measured.value ?? []).at(-1);
		};
		for (let i = 0; (await speeds()) !== 0; i++) {
			assert.ok(i < 100, "the node still measures a speed");
			await page.waitForTimeout(100);
		}
		await page.selectOption("#clock", { label: "an hour ahead" });
		for (let i = 0; ((await temperatures()).at(-1)?.at ?? 0) < Date.now() + 3_000_000; i++) {
			assert.ok(i < 100, "the samples' times did not follow the clock");
			await page.waitForTimeout(100);
		}
		assert.deepEqual(wrong, []);
	});
});
