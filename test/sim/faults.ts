// Faults that are put into a copy of the firmware, to show that the books of the simulation see them.

export interface Fault {
	readonly what: string;
	readonly file: string;
	/** Source text that occurs once, and what stands there instead. */
	readonly was: string;
	readonly is: string;
	/** What the ledger says. */
	readonly says: RegExp;
}

export const FAULTS: readonly Fault[] = [
	{
		what: "a QoS 2 message that comes again is taken for new",
		file: "modules/mqtt/inbound.ts",
		was: "if (this.received.has(packetId)) {",
		is: "if (false as boolean) {",
		says: /was carried out 2 times|has 2 results/,
	},
	{
		what: "what is sent again has no DUP",
		file: "modules/mqtt/session.ts",
		was: "if (dup > 0) output.bytes[at] =",
		is: "if (dup > 9) output.bytes[at] =",
		says: /DUP/,
	},
	{
		what: "a command is acknowledged and carried out before its intent is in flash",
		file: "modules/app/node.ts",
		was: "this.#keeper?.intent(this.#inboundId, bytes, start, end);",
		is: "",
		says: /was carried out|results?\b/,
	},
	{
		what: "a record is released when it is sent",
		file: "modules/mqtt/outbox.ts",
		was: "\t\t\tring.setState(slot, RecordState.InFlight);\n\t\t\tn--;",
		is: "\t\t\tif (lane.qos === 1) {\n\t\t\t\tring.drop(slot);\n\t\t\t\treturn;\n\t\t\t}\n\t\t\tring.setState(slot, RecordState.InFlight);\n\t\t\tn--;",
		says: /measures are lost/,
	},
	{
		what: "a record is released by the PUBREC of a QoS 2 message",
		file: "modules/mqtt/session.ts",
		was: "if (next === Await.Pubcomp) {",
		is: "if (next === Await.Pubcomp) {\n\t\t\tthis.#handler.acknowledged(packetId);",
		says: /./,
	},
	{
		what: "an eviction takes the record behind the oldest",
		file: "modules/core/ring.ts",
		was: "return this.payloadAt(slot) + this.#view.getUint16(",
		is: "return 1 + this.payloadAt(slot) + this.#view.getUint16(",
		says: /./,
	},
	{
		what: "the ring counts one slot more than it has",
		file: "modules/core/ring.ts",
		was: "if (++this.used > this.highWater)",
		is: "if ((this.used += this.used === 2 ? 2 : 1) > this.highWater)",
		says: /./,
	},
	{
		what: "a record is written one byte behind its place",
		file: "modules/core/ring.ts",
		was: "return this.#at + slot * this.#size + this.#payload;",
		is: "return this.#at + slot * this.#size + this.#payload + 1;",
		says: /./,
	},
	{
		what: "a connection that merely opened resets the backoff",
		file: "modules/mqtt/session.ts",
		was: "this.#stable.start(Limits.stableMs);",
		is: "this.#backoff.reset();",
		says: /30 connections within a minute/,
	},
	{
		what: "a dead link is never noticed",
		file: "modules/mqtt/keep-alive.ts",
		was: "else if (waiting) this.#handler.dead();",
		is: "else if (waiting) this.#alarm.start(interval);",
		says: /does not come back|silent/,
	},
	{
		what: "a message that is never acknowledged is waited for without end",
		file: "modules/mqtt/session.ts",
		was: 'else this.#end("acknowledge-timeout", "");',
		is: "",
		says: /./,
	},
	{
		what: "what was under way when a resumed session is lost stays with its packet ids",
		file: "modules/mqtt/session.ts",
		was: "inFlight.touch(id, this.#now);\n\t\tthis.#awaitAcknowledge();",
		is: "inFlight.touch(id, this.#now);",
		says: /./,
	},
	{
		what: "PUBREL goes out twice on a resumed session",
		file: "modules/mqtt/session.ts",
		was: "if (id === 0 || inFlight.order(id) > this.#resendEnd) {",
		is: "if (id === 0) {",
		says: /./,
	},
	{
		what: "a packet id is given out while it is in use",
		file: "modules/mqtt/in-flight.ts",
		was: "while (this.#count > 0 && ids.indexOf(id) >= 0);",
		is: "while (false as boolean);",
		says: /./,
	},
	{
		what: "packet ids begin again with each boot",
		file: "modules/app/node.ts",
		was: "lastPacketId: block < 0 ?",
		is: "lastPacketId: block < 9999 ?",
		says: /./,
	},
	{
		what: "the id of the status message is not noted",
		file: "modules/mqtt/outbox.ts",
		was: "if (packetId > 0) this.#handler.directSending(packetId);",
		is: "",
		says: /./,
	},
	{
		what: "a server's violation is overlooked",
		file: "modules/mqtt/session.ts",
		was: '\tviolation(code: string): void {\n\t\tthis.#end(code, "");',
		is: "\tviolation(_code: string): void {",
		says: /did not end the connection/,
	},
	{
		what: "inbound messages are acknowledged out of order",
		file: "modules/mqtt/session.ts",
		was: "if (whole) inbound.acknowledge();\n\t\treturn true;",
		is: "if (whole && message.payloadBytes !== 3) inbound.acknowledge();\n\t\treturn true;",
		says: /./,
	},
	{
		what: "a record in flight gives way to a new one",
		file: "modules/core/ring.ts",
		was: "if (this.states[slot] === RecordState.Queued && this.kind(slot) === RecordKind.Measure) {",
		is: "if (this.kind(slot) === RecordKind.Measure) {",
		says: /./,
	},
	{
		what: "what was removed comes back after a power cut",
		file: "modules/app/keeper.ts",
		was: "journal.view.setUint32(BODY + 1, ring.number(slot));",
		is: "journal.view.setUint32(BODY + 1, 0);",
		says: /./,
	},
	{
		what: "an operation is carried out before 501 is acknowledged",
		file: "modules/cloud/cumulocity/operations.ts",
		was: 'if (this.#refusal === "") this.#host.keepPlan(index);',
		is: 'if (this.#refusal === "") {\n\t\t\t\tthis.#host.keepPlan(index);\n\t\t\t\tthis.#host.carryOut(index);\n\t\t\t}',
		says: /was carried out 2 times/,
	},
	{
		what: "the copy of an operation that a 500 brought is a new one",
		file: "modules/cloud/cumulocity/operations.ts",
		was: "if (this.#ids[i] === id && this.#words[i] === hash) {",
		is: "if (false as boolean) {",
		says: /was carried out 2 times/,
	},
	{
		what: "a finished operation does not linger",
		file: "modules/cloud/cumulocity/operations.ts",
		was: "if (doubtful) this.#until",
		is: "if (false as boolean) this.#until",
		says: /was carried out 2 times/,
	},
	{
		what: "an operation overtakes one that was left pending",
		file: "modules/cloud/cumulocity/operations.ts",
		was: "if (this.#left !== 0 || this.#again || this.#againLater) {",
		is: "if (false as boolean) {",
		says: /./,
	},
	{
		what: "what an earlier boot left executing is not ended",
		file: "modules/cloud/cumulocity/cumulocity.ts",
		was: ".repeat(OPERATIONS);",
		is: ".repeat(OPERATIONS - OPERATIONS);",
		says: /./,
	},
	{
		what: "a SAP measure counts as delivered with its PUBACK",
		file: "modules/mqtt/outbox.ts",
		was: "if (lane.confirmMs === 0) {",
		is: "if (lane.confirmMs >= 0) {",
		says: /./,
	},
];
