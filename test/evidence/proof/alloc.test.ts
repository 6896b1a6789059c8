// The proof of `npm run proof:alloc` in short, and that it can see: an allocation put into any stage makes it
// fail.

import assert from "node:assert/strict";
import type { EngineProgram } from "../../../host-sim/xs/build.js";
import type { ProgramModule } from "../../../host-sim/xs/program.js";
import { engineOrSkip } from "../../support/engine.js";
import {
	BETWEEN,
	CASES,
	type Case,
	isClean,
	OVER_WEB_SOCKET,
	ofChannels,
	prove,
	reconnect,
} from "./alloc.js";

const MESSAGES = 2000;

const PLAIN = "plain JSON";
const ENCODE = "encode(record, values) {";

/**
 * Stage → module, what stands before the brace of a function or branch in it, and the case in which it is on
 * the way.
 */
const STAGES: ReadonlyArray<readonly [stage: string, module: string, head: string, test: string]> = [
	["the sampler's timer", "modules/app/sampler", "due() {", PLAIN],
	["the sensor's reading", "drivers/ntc-thermistor", "read() {", PLAIN],
	["the cloud's encoding", "modules/cloud/plain/plain", ENCODE, "plain JSON, a value missing"],
	["SmartREST's encoding", "modules/cloud/cumulocity/cumulocity", ENCODE, "SmartREST, a value missing"],
	["SAP's encoding", "modules/cloud/sap-iot/measures", ENCODE, "SAP, a value missing"],
	[
		"decimals",
		"modules/core/decimal",
		"function writeDecimal(view, at, value, decimals) {",
		"plain JSON, a value missing",
	],
	["the template", "modules/outbox/record-template", "write(values, wallMs, number, to) {", PLAIN],
	["a rounded value of the template", "modules/outbox/record-template", "value * 100;", PLAIN],
	["the time in it", "modules/core/iso-time", "return (ms) => {", PLAIN],
	["the packet's header", "modules/mqtt/publish-header", "write = (at, packetId, payloadBytes) => {", PLAIN],
	["the ring", "modules/outbox/ring", "commit(slot, length) {", PLAIN],
	["the outbox", "modules/outbox/outbox", "next(windowOpen) {", PLAIN],
	["the batch", "modules/outbox/pieces", "nextSegment() {", "SmartREST, batched"],
	["the output stage", "modules/mqtt/output", "drain(transport) {", PLAIN],
	["the socket's write", "modules/platform/socket-transport", "write(bytes, first, second, third) {", PLAIN],
	["the socket's read", "modules/platform/socket-transport", "take(readable) {", PLAIN],
	["the parser", "modules/mqtt/parser", "next() {", PLAIN],
	["the acknowledgement", "modules/mqtt/in-flight", "acknowledge(type, packetId, now = 0) {", PLAIN],
	["the release", "modules/outbox/ring", "remove(slot, previous) {", PLAIN],
	["SAP's confirmation", "modules/cloud/sap-iot/acks", "read(json, capability, sensor) {", "SAP, objects"],
	["SmartREST's rows", "modules/cloud/cumulocity/rows", "next() {", "inbound, SmartREST operations"],
	["the command's parser", "modules/app/commands", "parse(bytes, start, end) {", "inbound, plain commands"],
	["the actuator", "drivers/led", "write(percent) {", "inbound, plain commands"],
];

describe("allocations on XS", () => {
	let engine: EngineProgram;

	before(async function () {
		engine = await engineOrSkip(this);
	});

	for (const test of OVER_WEB_SOCKET)
		it(`${test.name}: only keys, 16 at once`, async () => {
			const { taken, messages, end } = await prove(test, { engine, messages: MESSAGES });
			// 7 slots and 72 bytes for the keys of 16 frames; a small socket takes a message in several.
			const frames = test.batch ? 3 * messages : messages + 32;
			assert.ok(taken.slots <= (7 * frames) / 16, `${taken.slots} slots in ${messages} messages`);
			assert.ok(taken.chunkBytes <= (150 * frames) / 16, `${taken.chunkBytes} bytes`);
			assert.equal(taken.keys, 0);
			assert.ok(end.stackPeak < end.stackLimit - 32, `stack ${end.stackPeak} of ${end.stackLimit}`);
		});

	for (const test of [...CASES, ...([1, 16] as const).flatMap(ofChannels), BETWEEN])
		it(`${test.name}: none in ${MESSAGES} messages`, async () => {
			const { taken, messages, commands, batched, end, snapshots, forced } = await prove(test, {
				engine,
				messages: MESSAGES,
			});
			assert.deepEqual(taken, { slots: 0, chunks: 0, chunkBytes: 0, collections: 0, keys: 0 });
			assert.ok(messages >= MESSAGES);
			if (test.inbound) assert.equal(commands, messages / 10);
			if (test.batch) assert.ok(batched > 2, `${batched} samples a PUBLISH`);
			assert.ok(end.stackPeak < end.stackLimit - 32, `stack ${end.stackPeak} of ${end.stackLimit}`);
			assert.equal(end.keys, 0);
			assert.equal(snapshots > 0, test.mote.outbox?.keep !== undefined, `${snapshots} snapshots`);
			assert.equal(forced, 0);
		});

	for (const cloud of ["cumulocity", "sap", "plain"])
		it(`${cloud}: live memory is the same after 30 reconnects`, async () => {
			const { first, last } = await reconnect(cloud, engine, 30);
			assert.equal(last.slots, first.slots);
			assert.equal(last.chunkBytes, first.chunkBytes);
			assert.equal(last.keys, first.keys);
		});

	for (const [stage, name, head, test] of STAGES)
		it(`sees an allocation in ${stage}`, async () => {
			const found = CASES.find((candidate) => candidate.name === test) as Case;
			let patched = 0;
			const patch = (module: ProgramModule) => {
				if (module.name !== name) return module;
				assert.ok(module.source.includes(head), `${name} has ${head}`);
				patched++;
				const at = module.source.indexOf("{", module.source.indexOf(head)) + 1;
				return {
					...module,
					source: `${module.source.slice(0, at)} void { leak: 1 };${module.source.slice(at)}`,
				};
			};
			const { taken } = await prove(found, { engine, messages: 100, warmUp: 100, patch });
			assert.equal(patched, 1);
			assert.equal(isClean(taken), false);
			assert.ok(taken.slots >= 10, `${taken.slots} slots`);
		});
});
