// Other ways to Cumulocity than a certificate: a device user, over WebSocket, and with credentials that the
// cloud hands out, from the first question to the first measure and through a power cut.

import assert from "node:assert/strict";
import type { CumulocityStandIn } from "../../../host-sim/cloud/cumulocity/stand-in.js";
import type { CloudEvent } from "../../../host-sim/cloud/events.js";
import type { EngineProgram } from "../../../host-sim/xs/build.js";
import { engineOrSkip } from "../../support/engine.js";
import { eventually } from "../../support/waiting.js";
import { DEVICE, type Lab, openLab } from "./lab.js";

const PASSWORD = 'a secret: ü,"\\';
const USER = { name: `device_${DEVICE}`, password: PASSWORD, device: DEVICE };

for (const on of ["XS", "Node"] as const)
	describe(`ways to Cumulocity, on ${on}`, () => {
		let engine: EngineProgram | undefined;
		let lab: Lab;
		before(async function () {
			if (on === "XS") engine = await engineOrSkip(this);
		});
		afterEach(() => lab?.close());

		for (const transport of ["tcp", "websocket"])
			it(`measures and commands with user and password over ${transport}`, async () => {
				lab = await openLab({
					engine,
					cloud: "cumulocity",
					embedded: { webSocket: true, cumulocity: { users: [USER] } },
					mote: {
						sampling: { intervalMs: 100 },
						broker: {
							clientCertificate: false,
							transport,
							username: `t12345/${USER.name}`,
							password: PASSWORD,
						},
					},
				});
				const answer = await lab.cloud.sendCommand(DEVICE, "led 40%");
				assert.equal(answer?.status, "SUCCESSFUL");
				await lab.cloud.when(() => lab.cloud.completeSamples(DEVICE) >= 5);
				assert.equal(Math.round(lab.machine.circuit.ledPercent), 40);
				await lab.machine.stop();
			});

		for (const transport of ["tcp", "websocket"])
			it(`waits to be accepted, stores what it is given, and needs no operator after that, over ${transport}`, async () => {
				const events: CloudEvent[] = [];
				const seen: string[] = [];
				lab = await openLab({
					engine,
					cloud: "cumulocity",
					embedded: {
						webSocket: true,
						cumulocity: { awaited: [DEVICE], bootstrapPassword: "boot", makePassword: () => PASSWORD },
						onEvent: (event) => events.push(event),
					},
					mote: {
						sampling: { intervalMs: 100 },
						cumulocity: { bootstrapPassword: "boot" },
						broker: { clientCertificate: false, transport },
					},
					observer: {
						waiting: (what) => seen.push(what),
						received: (bytes) => seen.push(Buffer.from(bytes).toString()),
					},
				});
				const { requests } = (lab.cloud.standIn as CumulocityStandIn).tenant;
				await lab.cloud.when(() => requests.get(DEVICE)?.status === "PENDING_ACCEPTANCE");
				assert.equal(lab.cloud.stored(DEVICE).length, 0);
				requests.accept(DEVICE);
				await lab.cloud.when(() => lab.cloud.completeSamples(DEVICE) >= 3);
				assert.match(seen[0] ?? "", new RegExp(`accept ${DEVICE}`));
				lab.machine.reset();
				lab.machine.boot();
				const before = lab.cloud.completeSamples(DEVICE);
				await lab.cloud.when(() => lab.cloud.completeSamples(DEVICE) >= before + 3);
				assert.equal(requests.get(DEVICE), undefined);
				await lab.machine.stop();
				const told = JSON.stringify([events, seen]);
				for (const secret of [PASSWORD, 'boot"', JSON.stringify(PASSWORD).slice(1, -1)])
					assert.ok(!told.includes(secret), "a secret was seen");
			});

		for (const ownTemplates of ["named", "default"])
			it(`registers templates of its own and measures by them: ${ownTemplates}`, async () => {
				const topics = new Set<string>();
				lab = await openLab({
					engine,
					cloud: "cumulocity",
					embedded: {
						onEvent: (event) => {
							if (event.kind === "publish") topics.add(event.topic);
						},
					},
					mote: { sampling: { intervalMs: 100 }, cumulocity: { ownTemplates } },
				});
				await lab.cloud.when(() => lab.cloud.completeSamples(DEVICE) >= 5);
				lab.machine.circuit.thermistorFault = "open";
				const led = () => lab.cloud.stored(DEVICE).filter(({ series }) => series === "led").length;
				const before = led();
				await lab.cloud.when(() => led() >= before + 5);
				await lab.machine.stop();
				const stored = lab.cloud.stored(DEVICE);
				const units = new Map(stored.map(({ series, unit }) => [series, unit]));
				assert.deepEqual(Object.fromEntries(units), {
					temperature: "C",
					led: "%",
					buzzer: "Hz",
					speed: "rpm",
				});
				const measures = [...topics].filter((topic) => /^s\/u[cd]/.test(topic));
				assert.equal(measures.length, 1);
				assert.match(measures[0] ?? "", ownTemplates === "named" ? /^s\/uc\/m[0-9a-f]{10}$/ : /^s\/ud$/);
			});

		for (const lose of [undefined, "rows", "json"] as const)
			for (const jsonFirst of [true, false])
				it(`carries out each operation once, by its id: ${lose ?? "nothing"} lost, JSON ${jsonFirst ? "first" : "last"}`, async () => {
					const done: string[] = [];
					lab = await openLab({
						engine,
						cloud: "cumulocity",
						embedded: { cumulocity: { jsonFirst, ...(lose && { lose }) } },
						mote: { cumulocity: { operationIds: true } },
						observer: { command: (text) => done.push(text) },
					});
					const { cumulocity } = lab.cloud;
					await lab.until(({ open }) => open);
					const texts = ["led 10%", "led 20%", "led 10%", "led 30%"];
					const operations = texts.map((text) =>
						cumulocity.createOperation(DEVICE, { c8y_Command: { text } }),
					);
					const relay = cumulocity.createOperation(DEVICE, { c8y_Relay: { relayState: "CLOSED" } });
					const all = [...operations, relay];
					await lab.cloud.when(() => all.every(({ status }) => status === "SUCCESSFUL"), 60_000);
					assert.deepEqual([...done].sort(), [...texts, "led on"].sort());
					await lab.cloud.when(() => {
						const { fragments } = cumulocity.tenant.inventory.ensure(DEVICE);
						return JSON.stringify(fragments.c8y_Relay) === '{"relayState":"CLOSED"}';
					});
					await lab.machine.stop();
				});

		if (on === "XS")
			for (const [what, cumulocity, broker] of [
				["WebSocket", {}, { transport: "websocket" }],
				["credentials from the cloud", { bootstrapPassword: "boot" }, {}],
				["operations with ids", { operationIds: true }, {}],
				["templates of its own", { ownTemplates: "default" }, {}],
				["relays", { relays: "led,buzzer,speed" }, {}],
				[
					"all of that",
					{ bootstrapPassword: "boot", operationIds: true, ownTemplates: "default", relays: "led,speed" },
					{ transport: "websocket" },
				],
			] as const)
				it(`runs on the smallest board: ${what}`, async () => {
					const boots = "bootstrapPassword" in cumulocity;
					const user = { username: `t12345/${USER.name}`, password: PASSWORD };
					lab = await openLab({
						engine,
						cloud: "cumulocity",
						board: "esp32c3-min",
						embedded: {
							webSocket: true,
							cumulocity: boots
								? { awaited: [DEVICE], bootstrapPassword: "boot", acceptAtOnce: true }
								: { users: [USER] },
						},
						mote: {
							sampling: { intervalMs: 200 },
							outbox: { measures: 12 },
							cumulocity,
							broker: { clientCertificate: false, ...(boots ? {} : user), ...broker },
						},
					});
					await lab.until(({ open }) => open);
					const answer = await lab.cloud.sendCommand(DEVICE, "led 40%");
					assert.equal(answer?.status, "SUCCESSFUL");
					await lab.cloud.when(() => lab.cloud.completeSamples(DEVICE) >= 5);
					await lab.machine.stop();
				});

		it("says what is wrong with a bootstrap password, and goes on trying", async () => {
			const ends: string[] = [];
			lab = await openLab({
				engine,
				cloud: "cumulocity",
				embedded: { cumulocity: { awaited: [DEVICE], bootstrapPassword: "right" } },
				mote: { cumulocity: { bootstrapPassword: "wrong" }, broker: { clientCertificate: false } },
				observer: { offline: (code) => ends.push(code) },
			});
			await eventually(() => ends.length > 0);
			assert.equal(ends[0], "connack-4");
		});
	});
