// Runs on XS: Mote's client as the node puts it together, over the benchmark's socket.

import config from "mc/config";
import { ascii } from "../../../../modules/core/bytes.js";
import type { Masking } from "../../../../modules/mqtt/masking.js";
import type { InboundMessage } from "../../../../modules/mqtt/parser.js";
import { Session } from "../../../../modules/mqtt/session.js";
import { WebSocketTransport } from "../../../../modules/mqtt/web-socket.js";
import { Arena } from "../../../../modules/outbox/arena.js";
import type { LaneShape } from "../../../../modules/outbox/lane.js";
import { Outbox } from "../../../../modules/outbox/outbox.js";
import { RecordKind } from "../../../../modules/outbox/ring.js";
import { IsoStamp } from "../../../../modules/outbox/stamp.js";
import { SystemClock } from "../../../../modules/platform/clock.js";
import { masking } from "../../../../modules/platform/masking.js";
import { SocketTransport } from "../../../../modules/platform/socket-transport.js";
import { SystemTimers } from "../../../../modules/platform/timers.js";
import { CONNACK, type Job, makeHardware, PAYLOAD, runJob, runTimers, TOPIC } from "./hardware.js";

/** As on a board, but for a digest that fits one answer. */
const MASKING: Masking = Object.freeze({ ...masking, sha1: () => new ArrayBuffer(20) });
const ADDRESS = Object.freeze({ host: "127.0.0.1", port: 80, path: "/mqtt", tls: false });
const ANSWER = ascii(
	"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\nSec-WebSocket-Protocol: mqtt\r\n\r\n",
);

export default function start(): void {
	const job = (config as unknown as { bench: Job }).bench;
	const hardware = makeHardware();
	const clock = new SystemClock();
	const timers = new SystemTimers();
	const nothing = ascii("");
	const shape: LaneShape = {
		topic: ascii(TOPIC),
		qos: 1,
		recordBytes: 256,
		stamps: 1,
		maxRecords: 1,
		maxBytes: 16000,
		prefix: nothing,
		separator: nothing,
		suffix: nothing,
		numberAt: -1,
		confirmMs: 0,
	};
	// A measure is put together in the template's place; here it stands there already.
	const arena = new Arena(shape, 8, shape, 4, PAYLOAD.length, 0, job.webSocket ? MASKING : undefined);
	const { ring } = arena.measures;
	const from = arena.templateAt;
	const size = PAYLOAD.length;
	arena.bytes.set(PAYLOAD, from);
	let lastId = 0;
	const outbox = new Outbox([arena.events, arena.measures], new IsoStamp(), clock, 1, {
		delivered() {},
		unconfirmed() {},
		quarantined() {},
		sending(_lane, _slot, _count, packetId) {
			lastId = packetId;
		},
		directDelivered() {},
		idTaken() {},
	});
	const socket = new SocketTransport({ host: "127.0.0.1", port: 1883 }, timers);
	const session: Session = new Session({
		transport: job.webSocket ? new WebSocketTransport(socket, ADDRESS, MASKING, timers) : socket,
		clock,
		timers,
		random: Math.random,
		output: arena.output,
		connect: { clientId: ascii("mote-0001"), cleanSession: true, keepAlive: 60 },
		source: outbox,
		handler: {
			sessionOpened() {
				outbox.open = true;
			},
			sessionClosed(code) {
				throw new Error(code);
			},
			message(message: InboundMessage) {
				client.received += message.payloadEnd - message.payloadStart;
			},
			skipped() {},
			stream: () => undefined,
			acknowledged(packetId) {
				outbox.acknowledged(packetId);
			},
			drained() {},
			subscribed() {},
			unsubscribed() {},
		},
	});
	const client = {
		received: 0,
		publish(): number {
			const slot = ring.reserve(RecordKind.Measure, true);
			arena.bytes.copyWithin(ring.writeAt, from, from + size);
			ring.commit(slot, size);
			session.pump();
			return lastId;
		},
	};
	session.start();
	runTimers();
	hardware.socket?.writable();
	if (job.webSocket) hardware.socket?.feed(ANSWER);
	hardware.socket?.feed(Uint8Array.from(job.webSocket ? [0x82, CONNACK.length, ...CONNACK] : CONNACK));
	if (!outbox.open) throw new Error("not connected");
	runJob(job, client);
	if (job.way === "publish" && (outbox.delivered !== job.count || ring.used !== 0))
		throw new Error("messages were not acknowledged");
}
