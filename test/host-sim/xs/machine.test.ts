// The machine on XS as such: every end has its exit code and its words, the image is read-only, memory is the
// board's, and time is the parent's.

import assert from "node:assert/strict";
import { PINS } from "../../../drivers/boards/esp32/pins.js";
import type { Creation } from "../../../host-sim/engine/boards.js";
import type { MemoryStats } from "../../../host-sim/engine/engine.js";
import { VirtualTime } from "../../../host-sim/engine/time-source.js";
import type { EngineProgram } from "../../../host-sim/xs/build.js";
import type { Value } from "../../../host-sim/xs/codec.js";
import { MachineCrash } from "../../../host-sim/xs/crash.js";
import { boardCreation, TLS_RESERVE, withoutReserve } from "../../../host-sim/xs/creation.js";
import { XsMachine } from "../../../host-sim/xs/machine.js";
import type { ProgramModule } from "../../../host-sim/xs/program.js";
import { engineOrSkip } from "../../support/engine.js";

const EPOCH = 1767225600000;

interface Outcome {
	readonly sent: Value[][];
	readonly crash: MachineCrash | undefined;
	readonly memory: MemoryStats | undefined;
	readonly traced: string;
}

describe("a machine on XS", () => {
	let engine: EngineProgram;

	before(async function () {
		engine = await engineOrSkip(this);
	});

	/** Runs a module named "app" beside others; `host.send(100, …)` is what it says. */
	async function run(
		source: string,
		options: { preload?: boolean; more?: ProgramModule[]; creation?: Creation; ticks?: number } = {},
	): Promise<Outcome> {
		const { preload = true, more = [], creation = boardCreation("esp32"), ticks = 0 } = options;
		const sent: Value[][] = [];
		let traced = "";
		const time = new VirtualTime(EPOCH);
		const ended: { crash?: unknown } = {};
		const machine = new XsMachine({
			engine,
			creation,
			program: [{ name: "app", source, preload }, ...more],
			start: "app",
			pins: PINS,
			resources: new Map([["ca.der", Uint8Array.of(1, 2, 3)]]),
			time,
			seed: 7,
			onTrace: (text) => {
				traced += text;
			},
			onFrame: (_type, content) =>
				sent.push(content.map((v) => (v instanceof Uint8Array ? Buffer.from(v) : v))),
			onCrash: (error) => {
				ended.crash = error;
			},
		});
		machine.boot();
		await machine.whenIdle();
		for (let i = 0; i < ticks; i++) {
			time.step(time.now() + 60_000);
			await machine.whenIdle();
		}
		const memory = await machine.memory(true);
		machine.close();
		const { crash } = ended;
		if (crash !== undefined && !(crash instanceof MachineCrash)) throw crash;
		return { sent, crash, memory, traced };
	}

	describe("ends with its own code and words when", () => {
		const cases: ReadonlyArray<readonly [string, number, RegExp, string]> = [
			[
				"slots run out",
				101,
				/memory full/,
				"const all = []; export default () => { const keep = {}; let last = keep; for (;;) last = last.next = { a: 1 }; }",
			],
			[
				"chunks run out",
				101,
				/memory full/,
				"export default () => { const a = []; for (;;) a.push(new Uint8Array(1000)); }",
			],
			[
				"the stack overflows",
				102,
				/stack overflow/,
				"export default function deep(n = 0) { return deep(n + 1) + 1; }",
			],
			[
				"an exception is not caught",
				105,
				/TypeError: .*boom/,
				'export default () => { throw new TypeError("boom"); }',
			],
			[
				"names run out",
				106,
				/no more keys/,
				"export default () => { const o = {}; for (let i = 0; ; i++) o['k' + i] = o['k' + (i - 1)] = undefined, delete o['k' + i]; }",
			],
			[
				"a rejection is not handled",
				108,
				/Error: nobody/,
				'export default () => { Promise.reject(new Error("nobody")); }',
			],
			[
				"a date of the image is set",
				139,
				/write to the image/,
				"const date = new Date(0); export default () => { date.setTime(5); }",
			],
		];
		for (const [what, code, words, source] of cases)
			it(what, async () => {
				const keys = { initial: 32, incremental: 0 };
				const { crash } = await run(source, { creation: { ...boardCreation("esp32"), keys } });
				assert.equal(crash?.code, code, crash?.message);
				assert.match(crash?.message ?? "", words);
			});

		it("and says where in the script it was", async () => {
			const source =
				"\n\nfunction inner() {\n\tthrow new RangeError('here');\n}\nexport default function outer() {\n\tinner();\n}\n";
			const { crash } = await run(source);
			assert.deepEqual(crash?.calls, ["inner (app:4)", "outer (app:7)"]);
		});

		it("a module is not JavaScript", async () => {
			const { crash } = await run("export default ) {");
			assert.equal(crash?.code, 110);
			assert.match(crash?.message ?? "", /app/);
		});

		it("a module is missing", async () => {
			const { crash } = await run('import x from "nowhere"; export default () => x;');
			assert.equal(crash?.code, 105);
			assert.match(crash?.message ?? "", /nowhere/);
		});
	});

	describe("the image is read-only, as a board's flash", () => {
		const denied: ReadonlyArray<readonly [string, string]> = [
			["a typed array", "const b = new Uint8Array(4); export default () => { b[0] = 1; }"],
			["a Map", "const m = new Map(); export default () => { m.set(1, 2); }"],
			["a frozen object", "const o = Object.freeze({ a: 1 }); export default () => { o.a = 2; }"],
			["a class's static", "class A { static n = 0; } export default () => { A.n++; }"],
			["a built-in's prototype", "export default () => { Array.prototype.mine = 1; }"],
			["Math", "export default () => { Math.mine = 1; }"],
		];
		for (const [what, source] of denied)
			it(`${what} of a preloaded module throws when it is written to`, async () => {
				const { crash } = await run(source);
				assert.equal(crash?.code, 105, crash?.message ?? "it could be written to");
				assert.match(crash?.message ?? "", /TypeError/);
			});

		it("lets variables and unfrozen objects change, in RAM", async () => {
			const source =
				"let n = 0; const o = { a: 1 }; export default () => { n += 2; o.a = 5; host.send(100, n, o.a); }";
			const { sent, crash } = await run(source);
			assert.equal(crash, undefined);
			assert.deepEqual(sent, [[2, 5]]);
		});

		it("keeps what is not preloaded out of it", async () => {
			const source = "const b = new Uint8Array(4); export default () => { b[0] = 7; host.send(100, b); }";
			const { sent } = await run(source, { preload: false });
			assert.deepEqual(sent, [[Buffer.of(7, 0, 0, 0)]]);
		});
	});

	it("has the memory of the board's manifest", async () => {
		const empty = "export default () => {};";
		const large = await run(empty);
		assert.equal(large.memory?.slotsLimit, 4927); // one slot links the block
		assert.equal(large.memory?.stackLimit, 512);
		assert.ok((large.memory?.slots ?? 99) < 60, `${large.memory?.slots} slots in an empty machine`);
		const small = await run(empty, { creation: boardCreation("esp32c3-min") });
		assert.equal(small.memory?.staticBytes, 94_208 * (engine.bits === 64 ? 2 : 1));
		assert.equal(small.memory?.stackLimit, 384);
	});

	it("lets slots and chunks of a small board share one block", async () => {
		// More than either's initial size, together nearly all there is.
		const source =
			"export default () => { const a = []; for (let i = 0; i < 30; i++) a.push(new Uint8Array(1024)); let l = {}; for (let i = 0; i < 900; i++) l = { l }; host.send(100, a.length); }";
		const { sent, memory, crash } = await run(source, { creation: boardCreation("esp32c3-min") });
		assert.equal(crash, undefined);
		assert.deepEqual(sent, [[30]]);
		assert.ok((memory?.slotsPeak ?? 0) > 1800);
		assert.ok((memory?.chunkBytesPeak ?? 0) > 30 * 1024);
	});

	it("takes the reserve for TLS off either kind of board", () => {
		const c3 = boardCreation("esp32c3-min");
		assert.equal(c3.static - withoutReserve(c3).static, TLS_RESERVE.slots * 16 + TLS_RESERVE.chunkBytes);
		const esp32 = boardCreation("esp32");
		assert.equal(esp32.heap.initial - withoutReserve(esp32).heap.initial, TLS_RESERVE.slots);
	});

	it("counts what is taken, to the slot", async () => {
		const source =
			"export default () => { const o = {}; for (let i = 0; i < 100; i++) o.x = { a: 1, b: 2 }; for (let i = 0; i < 10; i++) o.y = new ArrayBuffer(64); }";
		const empty = (await run("export default () => {};")).memory as MemoryStats;
		const full = (await run(source)).memory as MemoryStats;
		// 100 objects of 3 slots, 10 buffers of 3, and one object with two properties.
		assert.equal(full.slotsTaken - empty.slotsTaken, 300 + 30 + 1 + 2);
		if (engine.bits === 32) assert.equal(full.chunkBytesTaken - empty.chunkBytesTaken, 10 * 72);
	});

	it("has the parent's time, and the parent's chance", async () => {
		const source = "export default () => { host.send(100, Date.now(), host.now(), Math.random()); }";
		const first = await run(source);
		assert.deepEqual(first.sent[0]?.slice(0, 2), [EPOCH, 0]);
		assert.deepEqual((await run(source)).sent, first.sent);
	});

	it("fires timers in order, and only when the parent says so", async () => {
		const source = `
			export default () => {
				const say = (what) => host.send(100, what, host.now());
				const a = host.timer(() => say("a"), undefined);
				const b = host.timer(() => say("b"), undefined);
				const c = host.timer(() => { say("c"); host.stop(c); }, undefined);
				host.arm(a, 30, 0);
				host.arm(b, 10, 0);
				host.arm(c, 20, 20);
			}`;
		const { sent } = await run(source, { ticks: 5 });
		assert.deepEqual(sent, [
			["b", 10],
			["c", 20],
			["a", 30],
		]);
	});

	it("does not hang its parent when it loops over memory in a callback", async () => {
		const source =
			"export default () => { const t = host.timer(() => { const a = []; for (;;) a.push([]); }, undefined); host.arm(t, 5, 0); }";
		const { crash } = await run(source, { ticks: 2 });
		assert.equal(crash?.code, 101);
	});
});
