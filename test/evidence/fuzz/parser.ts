// Mutated packets and streams against the parser: no exception, the same events for every chunking, bounded
// memory; and what `mqtt-packet` makes of the same bytes. Where only one of the two accepts a stream, a rule
// of the standard decides.

import { generate, type Packet, parser as referenceParser } from "mqtt-packet";
import { type InboundMessage, Parser, type ParserHandler } from "../../../modules/mqtt/parser.js";
import { push } from "../../support/push.js";
import { seeded } from "../../support/seeded.js";

const KEEP = 300;
const CHUNK = 64;
const latin = (bytes: Uint8Array, start: number, end: number): string =>
	Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString("latin1");

/** Events as texts. */
class Events implements ParserHandler {
	events: string[] = [];
	code = "";
	#partial = "";

	connack(sessionPresent: boolean, code: number): boolean {
		this.events.push(`connack ${sessionPresent} ${code}`);
		return true;
	}
	publish(m: InboundMessage): boolean {
		const topic = latin(m.bytes, m.topicStart, m.topicEnd);
		const text = `publish ${m.qos} ${m.packetId} ${m.dup} ${m.retain} ${topic} ${latin(m.bytes, m.payloadStart, m.payloadEnd)}`;
		if (m.payloadBytes === m.payloadEnd - m.payloadStart) this.events.push(text);
		else this.#partial = text;
		return true;
	}
	rest(bytes: Uint8Array, start: number, end: number, left: number): boolean {
		this.#partial += latin(bytes, start, end);
		if (left === 0) this.events.push(this.#partial);
		return true;
	}
	acknowledgement(type: number, packetId: number): boolean {
		this.events.push(`${NAMES[type]} ${packetId}`);
		return true;
	}
	suback(packetId: number, bytes: Uint8Array, start: number, end: number): boolean {
		this.events.push(`suback ${packetId} ${[...bytes.subarray(start, end)]}`);
		return true;
	}
	pingresp(): boolean {
		this.events.push("pingresp");
		return true;
	}
	violation(code: string): void {
		if (this.code !== "") throw new Error("two violations");
		this.code = code;
	}
}

const NAMES: Readonly<Record<number, string>> = {
	4: "puback",
	5: "pubrec",
	6: "pubrel",
	7: "pubcomp",
	11: "unsuback",
};

/** What the reference makes of a packet, in the same words. */
function describe(packet: Packet): string {
	switch (packet.cmd) {
		case "connack":
			return `connack ${packet.sessionPresent} ${packet.returnCode}`;
		case "publish": {
			const topic = Buffer.from(packet.topic).toString("latin1");
			const payload = Buffer.from(packet.payload as Buffer).toString("latin1");
			return `publish ${packet.qos} ${packet.messageId ?? 0} ${packet.dup} ${packet.retain} ${topic} ${payload}`;
		}
		case "suback":
			return `suback ${packet.messageId} ${packet.granted}`;
		case "pingresp":
			return "pingresp";
		default:
			return `${packet.cmd} ${packet.messageId}`;
	}
}

export interface FuzzReport {
	streams: number;
	/** Both accept all of it, and say the same. */
	agreed: number;
	/** Both refuse. */
	refused: number;
	/** We refuse and the reference does not: code → number. */
	readonly stricter: Map<string, number>;
	/** The reference refuses and we do not: its message → number. */
	readonly laxer: Map<string, number>;
	/** Both accept and say different things: an example for each kind. */
	readonly different: string[];
}

function randomPacket(random: () => number): Buffer {
	const whole = (n: number) => Math.floor(random() * n);
	const messageId = 1 + whole(65_535);
	const kind = whole(10);
	if (kind < 4) {
		const qos = whole(3) as 0 | 1 | 2;
		const topic = ["t", "s/ds", "mote/ü/€", "a/b/c/d/e/f/g"][whole(4)] as string;
		const payload = Buffer.alloc(whole(10) === 0 ? whole(600) : whole(40), 97 + whole(26));
		const dup = qos > 0 && random() < 0.3;
		return generate({ cmd: "publish", topic, payload, qos, messageId, dup, retain: random() < 0.3 });
	}
	if (kind === 4) return generate({ cmd: "connack", returnCode: whole(6), sessionPresent: random() < 0.5 });
	if (kind === 5)
		return generate({ cmd: "suback", messageId, granted: [[0], [1, 2], [128]][whole(3)] as number[] });
	if (kind === 6) return generate({ cmd: "pingresp" });
	if (kind === 7) return generate({ cmd: "unsuback", messageId, granted: [] });
	return generate({
		cmd: (["puback", "pubrec", "pubrel", "pubcomp"] as const)[whole(4)] as "puback",
		messageId,
	});
}

/** A few packets one behind the other, with some bytes changed, lost, added or moved. */
function mutated(random: () => number): Uint8Array {
	const whole = (n: number) => Math.floor(random() * n);
	let bytes = [...Buffer.concat(Array.from({ length: 1 + whole(3) }, () => randomPacket(random)))];
	for (let n = whole(4); n > 0; n--) {
		const at = whole(bytes.length);
		// What decides is mostly in front.
		const front = whole(Math.min(bytes.length, 6));
		switch (whole(7)) {
			case 0:
				bytes[at] = whole(256);
				break;
			case 1:
				bytes[front] = (bytes[front] as number) ^ (1 << whole(8));
				break;
			case 2:
				bytes.splice(at, 1 + whole(3));
				break;
			case 3:
				bytes.splice(at, 0, whole(256));
				break;
			case 4:
				bytes = bytes.slice(0, at);
				break;
			case 5:
				bytes[front] = [0, 1, 127, 128, 255][whole(5)] as number;
				break;
			default:
				bytes.splice(at, 0, ...bytes.slice(whole(bytes.length)).slice(0, 8));
		}
		if (bytes.length === 0) bytes = [whole(256)];
	}
	return Uint8Array.from(bytes);
}

function ours(bytes: Uint8Array, next: () => number): Events {
	const events = new Events();
	const parser = new Parser(KEEP, CHUNK, events);
	for (let at = 0; at < bytes.length; ) {
		const end = Math.min(bytes.length, at + next());
		push(parser, bytes.subarray(at, end));
		at = end;
	}
	return events;
}

/** Throws at the first stream that breaks something, with its bytes. */
export function fuzzParser(count: number, seed: number, told: (done: number) => void = () => {}): FuzzReport {
	const random = seeded(seed);
	const report: FuzzReport = {
		...{ streams: 0, agreed: 0, refused: 0 },
		...{ stricter: new Map(), laxer: new Map(), different: [] },
	};
	for (; report.streams < count; report.streams++) {
		if (report.streams % 500_000 === 0) told(report.streams);
		const bytes = mutated(random);
		const fail = (what: string): never => {
			throw new Error(
				`${what}: seed ${seed}, stream ${report.streams}: ${Buffer.from(bytes).toString("hex")}`,
			);
		};
		let a: Events;
		let b: Events;
		try {
			a = ours(bytes, () => CHUNK);
			b = ours(bytes, () => 1 + Math.floor(random() * 9));
		} catch (error) {
			return fail(`exception ${(error as Error).message}`);
		}
		if (a.code !== b.code || a.events.join() !== b.events.join()) fail("chunking changes the events");
		compare(bytes, a, report);
	}
	return report;
}

function compare(bytes: Uint8Array, own: Events, report: FuzzReport): void {
	const theirs: string[] = [];
	let refusal = "";
	const reference = referenceParser({ protocolVersion: 4 });
	reference.on("packet", (packet) => theirs.push(describe(packet)));
	reference.on("error", (error) => {
		refusal = error.message;
	});
	try {
		reference.parse(Buffer.from(bytes));
	} catch (error) {
		refusal = (error as Error).message;
	}
	if (own.code === "" && refusal === "") {
		if (own.events.join() === theirs.join()) report.agreed++;
		else if (report.different.length < 20) {
			const at = own.events.findIndex((event, i) => event !== theirs[i]);
			report.different.push(`${own.events[at]} | ${theirs[at]} | ${Buffer.from(bytes).toString("hex")}`);
		}
	} else if (own.code !== "" && refusal !== "") report.refused++;
	else if (own.code !== "") report.stricter.set(own.code, (report.stricter.get(own.code) ?? 0) + 1);
	else report.laxer.set(refusal, (report.laxer.get(refusal) ?? 0) + 1);
}
