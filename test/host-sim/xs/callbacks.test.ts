// The contract of the transport, "none of these is called inside a call of Transport", over a socket that calls
// back wherever it can. On the engine, with the firmware's own transport.

import assert from "node:assert/strict";
import { PINS } from "../../../drivers/boards/esp32/pins.js";
import { VirtualTime } from "../../../host-sim/engine/time-source.js";
import type { EngineProgram } from "../../../host-sim/xs/build.js";
import { boardCreation } from "../../../host-sim/xs/creation.js";
import { XsMachine } from "../../../host-sim/xs/machine.js";
import { makeProgram } from "../../../host-sim/xs/program.js";
import { engineOrSkip } from "../../support/engine.js";

const FOLDER = "test/host-sim/xs/on-xs";
const HEARD = 100;

describe("the transport on plain TCP", () => {
	let engine: EngineProgram;

	before(async function () {
		engine = await engineOrSkip(this);
	});

	it("calls nobody inside a call, hands on all that came, and is silent once it was closed", async () => {
		const heard = await hear(engine);
		assert.deepEqual(heard.filter(isInside), []);
		const received = heard
			.map((line) => /^received (\d+)/.exec(line)?.[1])
			.reduce((sum, count) => sum + Number(count ?? 0), 0);
		// Three writes brought three bytes each, and then came 600, in chunks.
		assert.equal(received, 609);
		assert.ok(heard.includes("writable"));
		assert.equal(heard.filter((line) => line === "opened").length, 2);
		assert.equal(heard.filter((line) => line.startsWith("closed")).length, 1);
		assert.equal(heard.at(-1), "the end");
	});

	it("would be seen to call inside a call", async () => {
		const heard = await hear(engine, (source) => source.replaceAll("if (this.later)", "if (false)"));
		assert.ok(heard.some(isInside), heard.join("\n"));
	});
});

const isInside = (line: string) => line.endsWith("inside");

/** What the handler heard, in order. */
async function hear(engine: EngineProgram, patch = (source: string) => source): Promise<string[]> {
	const program = (await makeProgram("esp32", {}, [`${FOLDER}/callbacks`, `${FOLDER}/eager-socket`])).map(
		(module) =>
			module.name === "embedded:io/socket/tcp"
				? { ...module, source: `export { EagerSocket as default } from "${FOLDER}/eager-socket";` }
				: module.name === "modules/platform/socket-transport"
					? { ...module, source: patch(module.source) }
					: module,
	);
	const heard: string[] = [];
	let crash: unknown;
	const time = new VirtualTime(1767225600000);
	const machine = new XsMachine({
		engine,
		creation: boardCreation("esp32"),
		program,
		start: `${FOLDER}/callbacks`,
		pins: PINS,
		resources: new Map(),
		time,
		lines: true,
		seed: 1,
		onFrame: (type, [text]) => {
			if (type === HEARD) heard.push(String(text));
		},
		onCrash: (error) => {
			crash = error;
		},
	});
	machine.boot();
	const end = time.now() + 1000;
	for (;;) {
		await machine.whenIdle();
		if (crash) throw crash;
		if (!time.step(end) && time.now() >= end) break;
	}
	machine.close();
	return heard;
}
