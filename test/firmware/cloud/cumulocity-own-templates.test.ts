// The strategy for Cumulocity with templates of its own: how they are registered, and rows by them.

import assert from "node:assert/strict";
import { makeSettings } from "../../../modules/app/settings.js";
import type { OpeningStep } from "../../../modules/cloud/cloud.js";
import type { Cumulocity } from "../../../modules/cloud/cumulocity/cumulocity.js";
import { definition, nameOf } from "../../../modules/cloud/cumulocity/own-measures.js";
import { type Groups, start } from "./cumulocity-fixture.js";
import { encode, type FakeHost, NOW, text } from "./fake-host.js";

const { channels } = makeSettings();
const NAME = nameOf(definition(channels));
const own = (ownTemplates: string, more = {}) =>
	start({ cumulocity: { ownTemplates, ...more }, broker: { host: "c8y.example" } } as unknown as Groups);

const show = (step: OpeningStep | undefined) =>
	step === undefined
		? "done"
		: step.kind === "wait"
			? `wait ${step.pauseMs}`
			: `${step.kind} ${text(step.topic)}: ${text(step.payload)}`;

/** The opening, step by step; `answers` has what the tenant says once a step has gone out. */
function open(cloud: Cumulocity, host: FakeHost, answers: Record<string, string>, most = 40): string[] {
	const steps: string[] = [];
	for (let i = 0; i < most; i++) {
		const shown = show(cloud.opening(i));
		steps.push(shown);
		if (shown === "done") break;
		const [head = ""] = shown.split(": ");
		const key = shown.startsWith(`publish s/ut/${NAME}: 10`)
			? "defined"
			: head.includes("s/ut")
				? "asked"
				: "";
		const answer = answers[key];
		if (answer) host.receive("s/dt", answer);
	}
	return steps;
}
const FOUND = `20,${NAME},12345`;
const UNKNOWN = `41,${NAME}`;

describe("Cumulocity: own templates", () => {
	it("are defined in one message: a row for all channels, and one for each", () => {
		assert.equal(
			definition(channels),
			"10,700,POST,MEASUREMENT,,mote_Sample,,c8y_Temperature.T.value,NUMBER,,c8y_Temperature.T.unit,STRING,C" +
				",mote_Led.brightness.value,NUMBER,,mote_Led.brightness.unit,STRING,%" +
				",mote_Buzzer.frequency.value,NUMBER,,mote_Buzzer.frequency.unit,STRING,Hz" +
				",mote_Speed.measured.value,NUMBER,,mote_Speed.measured.unit,STRING,rpm\n" +
				"10,701,POST,MEASUREMENT,,mote_Sample,,c8y_Temperature.T.value,NUMBER,,c8y_Temperature.T.unit,STRING,C\n" +
				"10,702,POST,MEASUREMENT,,mote_Sample,,mote_Led.brightness.value,NUMBER,,mote_Led.brightness.unit,STRING,%\n" +
				"10,703,POST,MEASUREMENT,,mote_Sample,,mote_Buzzer.frequency.value,NUMBER,,mote_Buzzer.frequency.unit,STRING,Hz\n" +
				"10,704,POST,MEASUREMENT,,mote_Sample,,mote_Speed.measured.value,NUMBER,,mote_Speed.measured.unit,STRING,rpm\n",
		);
	});

	it("have a name that changes with each definition", () => {
		assert.match(NAME, /^m[0-9a-f]{10}$/);
		const names = new Set(
			Array.from({ length: 2000 }, (_, i) =>
				nameOf(definition(channels.map((channel) => ({ ...channel, series: `${channel.series}${i}` })))),
			),
		);
		assert.equal(names.size, 2000);
		assert.equal(nameOf(definition(channels)), NAME);
	});

	for (const [ownTemplates, topic, clientId] of [
		["named", `s/uc/${NAME}`, "d:sn-1"],
		["default", "s/ud", `d:sn-1:${NAME}`],
		["off", "s/us", "d:sn-1"],
	] as const)
		it(`send measures on ${topic} with ${ownTemplates}`, () => {
			const { cloud } = own(ownTemplates);
			assert.equal(text(cloud.measures.topic), topic);
			assert.equal(text(cloud.events.topic), "s/us");
			assert.equal(text(cloud.connect.clientId), clientId);
		});

	it("go with the processing modes", () => {
		assert.equal(text(own("named", { mode: "quiescent" }).cloud.measures.topic), `q/uc/${NAME}`);
		assert.equal(text(own("default", { mode: "transient" }).cloud.measures.topic), "t/ud");
	});

	it("are asked for behind 100, and remembered where the tenant has them", () => {
		const { cloud, host } = own("named");
		const steps = open(cloud, host, { asked: FOUND });
		assert.deepEqual(steps.slice(0, 6), [
			"publish s/us: 100,Mote,mote\n",
			"subscribe s/dt: ",
			`publish s/ut/${NAME}: `,
			"subscribe s/ds: ",
			"subscribe s/e: ",
			steps[5],
		]);
		assert.match(steps[5] ?? "", /^publish s\/us: 114,/);
		assert.equal(steps.at(-1), "done");
		assert.equal(host.wentOn, 1);
		assert.deepEqual(open(cloud, host, {}).slice(0, 2), [
			"publish s/us: 100,Mote,mote\n",
			"subscribe s/ds: ",
		]);
		const next = own("named");
		next.host.store.set("own-templates", host.store.get("own-templates") as string);
		assert.equal(open(next.cloud, next.host, {})[1], "subscribe s/ds: ");
	});

	it("are asked for anew of another tenant, and after another definition", () => {
		for (const mark of ["other.example m0000000000", `other.example ${NAME}`, `c8y.example m0000000000`]) {
			const { cloud, host } = own("named");
			host.store.set("own-templates", mark);
			assert.equal(open(cloud, host, { asked: FOUND })[1], "subscribe s/dt: ", mark);
		}
	});

	it("are registered where the tenant does not have them", () => {
		const { cloud, host } = own("named");
		const steps = open(cloud, host, { asked: UNKNOWN, defined: FOUND });
		assert.deepEqual(steps.slice(1, 5), [
			"subscribe s/dt: ",
			`publish s/ut/${NAME}: `,
			`publish s/ut/${NAME}: ${definition(channels)}`,
			"subscribe s/ds: ",
		]);
		assert.equal(host.store.get("own-templates"), `c8y.example ${NAME}`);
	});

	it("let no measure go before they are registered: they ask again, more and more seldom", () => {
		for (const answers of [{}, { asked: UNKNOWN }, { asked: UNKNOWN, defined: UNKNOWN }]) {
			const { cloud, host } = own("named");
			const steps = open(cloud, host, answers, 60);
			assert.ok(!steps.includes("done"));
			const waits = steps.filter((step) => step.startsWith("wait")).map((step) => Number(step.slice(5)));
			assert.deepEqual([...new Set(waits)].sort((a, b) => a - b).slice(0, 3), [10_000, 20_000, 40_000]);
			assert.equal(Math.max(...waits), 600_000);
			assert.match(host.waits[0] ?? "", /the tenant does not take the templates of m/);
			assert.equal(host.store.get("own-templates"), undefined);
		}
	});

	it("take no other answer for theirs", () => {
		const { cloud, host } = own("named");
		for (let i = 0; i < 3; i++) cloud.opening(i);
		for (const row of ["20,other,1", "20", `21,${NAME},1`, `20,${NAME}x,1`, "", "rubbish"])
			host.receive("s/dt", row);
		assert.equal(host.wentOn, 0);
		host.receive("s/dt", `20,other,1\n${FOUND}`);
		assert.equal(host.wentOn, 1);
	});

	it("are asked for in a new connection once the tenant has lost them, and by no other error", () => {
		const { cloud, host } = own("named");
		open(cloud, host, { asked: FOUND });
		for (const row of ["40,602,No template", "45,700,bad", "40,,x", "40", "40,800,x"])
			host.receive("s/e", row);
		assert.equal(host.reconnects, 0);
		host.receive("s/e", "40,700,No template for this X-ID");
		assert.equal(host.reconnects, 1);
		// Not at once: a tenant that says both, that it has them and that not, must not be asked for ever.
		const again = open(cloud, host, { asked: UNKNOWN, defined: FOUND });
		assert.deepEqual(again.slice(1, 4), ["wait 20000", "subscribe s/dt: ", `publish s/ut/${NAME}: `]);
		host.receive("s/e", "40,700,No template for this X-ID");
		assert.equal(open(cloud, host, { asked: FOUND })[1], "wait 80000");
	});

	it("write a value of each channel in rows of their own where one is missing", () => {
		const { cloud } = own("named");
		const {
			text: rows,
			written,
			overflow,
		} = encode(cloud, [21.514, Number.NaN, 880, Number.POSITIVE_INFINITY]);
		assert.equal(rows, `701,${NOW},21.51\n703,${NOW},880\n`);
		assert.deepEqual([written, overflow], [2, false]);
		assert.equal(encode(cloud, [1, Number.NaN, 2, -1e20]).overflow, false);
	});

	it("have a sample in 45 bytes and its values", () => {
		const parts = own("named").cloud.template?.() ?? [];
		assert.deepEqual(
			parts.map((part) => (part instanceof Uint8Array ? text(part) : typeof part === "string" ? part : "#")),
			["700,", "stamp", ",", "#", ",", "#", ",", "#", ",", "#", "\n"],
		);
	});
});
