// Faults that are put into a copy of the firmware, to show that the books of the simulation see them.

export interface Fault {
	readonly what: string;
	readonly file: string;
	/** Source text that occurs once, and what stands there instead. */
	readonly was: string;
	readonly is: string;
	/** What the ledger says. */
	readonly says: RegExp;
	/** Seed to begin with, if not 1. */
	readonly first?: number;
}

export const FAULTS: readonly Fault[] = [
	{
		what: "a QoS 2 message that comes again is taken for new",
		file: "modules/mqtt/inbound.ts",
		was: "else if (message.dup || !this.doubtful) {",
		is: "else if (false as boolean) {",
		says: /was carried out 2 times|has 2 results/,
	},
	{
		what: "what is sent again has no DUP",
		file: "modules/mqtt/session.ts",
		was: "output.bytes[at] = (output.bytes[at] as number) | DUP;",
		is: "",
		says: /DUP/,
	},
	{
		what: "a command is carried out and acknowledged before its intent is in flash",
		file: "modules/app/command-desk.ts",
		was: "delivery.keeper?.intent(delivery.inboundId, bytes, start, end);",
		is: "",
		says: /was carried out 2 times/,
	},
	{
		what: "new records are not in flash before anything goes out",
		file: "modules/app/delivery.ts",
		was: "settled(): void {\n\t\tthis.keeper?.flush();",
		is: "settled(): void {",
		says: /measures are lost/,
	},
	{
		what: "the answer to a command is in flash only after its message is acknowledged",
		file: "modules/outbox/keeper.ts",
		was: "\t\tthis.flush();\n\t\tif (this.intentEnd === 0) return;",
		is: "\t\tif (this.intentEnd === 0) return;",
		says: /have no result/,
	},
	{
		what: "a record is released when it is sent",
		file: "modules/outbox/outbox.ts",
		was: "\t\tthis.lane = undefined;\n\t\treturn length;",
		is: "\t\tring.remove(first, -1);\n\t\tthis.lane = undefined;\n\t\treturn length;",
		says: /measures are lost|is not sent again/,
	},
	{
		what: "the ring counts a record twice",
		file: "modules/outbox/ring.ts",
		was: "if (++this.used > this.highWater)",
		is: "if ((this.used += this.used === 2 ? 2 : 1) > this.highWater)",
		says: /slots are not free/,
	},
	{
		what: "a record is read one byte behind its place",
		file: "modules/outbox/ring.ts",
		was: "return this.at + slot * this.size + this.headerBytes;",
		is: "return this.at + slot * this.size + this.headerBytes + 1;",
		says: /JSON|never taken|not MQTT/,
	},
	{
		what: "the pause between connections does not grow",
		file: "modules/core/backoff.ts",
		was: "const exponent = Math.min(this.failed++, 20);",
		is: "const exponent = 0;",
		says: /30 connections within a minute/,
	},
	{
		what: "a dead link is never noticed",
		file: "modules/mqtt/keep-alive.ts",
		was: "if (waiting) return DEAD;",
		is: "if (waiting) return interval;",
		says: /does not come back|dead link is not noticed/,
	},
	{
		what: "a message that is never acknowledged is waited for without end",
		file: "modules/mqtt/session.ts",
		was: 'else this.end("acknowledge-timeout", "");',
		is: "",
		says: /does not come back|dead link is not noticed/,
	},
	{
		what: "what a resumed session sends again is waited for without end",
		file: "modules/mqtt/session.ts",
		was: "inFlight.touch(id, this.now);\n\t\tthis.awaitAcknowledge();",
		is: "inFlight.touch(id, this.now);",
		says: /does not come back|dead link is not noticed/,
	},
	{
		what: "PUBREL goes out twice on a resumed session",
		file: "modules/mqtt/session.ts",
		was: "if (id === 0 || inFlight.order(id) > this.resendEnd) {",
		is: "if (id === 0) {",
		says: /PUBREL \d+ without a PUBREC/,
	},
	{
		what: "packet ids begin again with each boot",
		file: "modules/outbox/id-blocks.ts",
		was: "return block < 0 ?",
		is: "return block < 9999 ?",
		says: /sent again/,
	},
	{
		what: "the id of the status message is not noted",
		file: "modules/outbox/outbox.ts",
		was: "if (packetId > 0 && !this.repeats) handler",
		is: "if (packetId > 0 && !this.repeats && !this.direct.chosen) handler",
		says: /sent again/,
	},
	{
		what: "a server's violation is overlooked",
		file: "modules/mqtt/session.ts",
		was: '\tviolation(code: string): void {\n\t\tthis.end(code, "");',
		is: "\tviolation(_code: string): void {",
		says: /did not end the connection/,
	},
	{
		what: "some inbound messages are not acknowledged",
		file: "modules/mqtt/session.ts",
		was: "if (whole) inbound.acknowledge();\n\t\treturn true;",
		is: "if (whole && message.payloadBytes !== 3) inbound.acknowledge();\n\t\treturn true;",
		says: /is left at the server/,
	},
	{
		what: "a record in flight gives way to a new one",
		file: "modules/outbox/ring.ts",
		was: "if (stateOf(this, slot) === QUEUED && this.kind(slot) === RecordKind.Measure) {",
		is: "if (this.kind(slot) === RecordKind.Measure) {",
		says: /is not sent again before something new/,
	},
	{
		what: "what was removed comes back after a power cut",
		file: "modules/outbox/keeper.ts",
		was: "journal.view.setUint32(BODY + 1, ring.number(slot));",
		is: "journal.view.setUint32(BODY + 1, 0);",
		says: /./,
	},
	{
		what: "an operation is carried out before 501 is acknowledged",
		file: "modules/cloud/cumulocity/operations.ts",
		was: 'if (this.refusal === "") this.host.commands.keep(index);',
		is: 'if (this.refusal === "") {\n\t\t\t\tthis.host.commands.keep(index);\n\t\t\t\tthis.host.commands.carryOut(index);\n\t\t\t}',
		says: /was carried out 2 times/,
	},
	{
		what: "the copy of an operation that a 500 brought is a new one",
		file: "modules/cloud/cumulocity/operations.ts",
		was: "if (this.ids[i] === id && this.words[i] === hash && (this.byId?.isSame(i, operationId) ?? true)) {",
		is: "if (false as boolean) {",
		says: /was carried out 2 times/,
	},
	{
		what: "a finished operation does not linger",
		first: 5001, // the first seed before it that shows this is far away
		file: "modules/cloud/cumulocity/operations.ts",
		was: "if (lingers) this.until",
		is: "if (false as boolean) this.until",
		says: /was carried out 2 times/,
	},
	{
		what: "an operation overtakes one that was left pending",
		file: "modules/cloud/cumulocity/operations.ts",
		was: "if (this.pending.mustWait(hash)) return -1;",
		is: "",
		says: /was carried out 2 times|SUCCESSFUL/,
	},
	{
		what: "what an earlier boot left executing is not ended",
		file: "modules/cloud/cumulocity/operation-markers.ts",
		was: "if (!isSupported(template)) return",
		is: "if (template !== Operation.Restart) return",
		says: /is SUCCESSFUL and was not carried out|is left EXECUTING/,
	},
	{
		what: "a session that is new to us is taken for the one that has our subscriptions",
		file: "modules/app/opening.ts",
		was: "this.subscribed &&= resumed;",
		is: "",
		says: /is online and not subscribed/,
	},
	{
		what: "time stamps are corrected one byte behind their place",
		file: "modules/outbox/ring.ts",
		was: "return this.payloadAt(slot) + this.view.getUint16(",
		is: "return 1 + this.payloadAt(slot) + this.view.getUint16(",
		says: /JSON|never taken|Invalid/,
	},
	{
		what: "what a child measures goes on the device's topic",
		file: "modules/app/portions.ts",
		was: "setRoute(ring, slot, portion.route);",
		is: "setRoute(ring, slot, 0);",
		says: /temperature is NaN|it is another device's/,
	},
	{
		what: "a message has records of several devices",
		file: "modules/outbox/routed-outbox.ts",
		was: "(this.route === ANY || routeOf(lane.ring, slot) === this.route) && super.mayGo(lane, slot)",
		is: "super.mayGo(lane, slot)",
		says: /temperature is NaN|it is another device's/,
	},
	{
		what: "an operation for a child is answered as the device's",
		file: "modules/cloud/cumulocity/operations.ts",
		was: "if (this.targets) this.targets[index] = this.target ?? 0;",
		is: "",
		says: /the inventory is told|m:a,.*is (left|FAILED|SUCCESSFUL)/,
	},
];
