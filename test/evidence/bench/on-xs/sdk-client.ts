// Runs on XS: the Moddable SDK's own MQTT client (examples/io/tcp/mqttclient), used as its example does, over
// the benchmark's socket. Its source comes from the SDK when the benchmark runs. With `keeps` it has beside it the
// least that delivery at least once needs: a copy of each message in order, released by its PUBACK.

import config from "mc/config";
import MQTTClient from "sdk/mqttclient";
import { CONNACK, type Job, makeHardware, PAYLOAD, runJob, StubSocket, TOPIC } from "./hardware.js";

class Dns {
	resolve(options: { host: string; onResolved(host: string, address: string): void }): void {
		options.onResolved(options.host, "127.0.0.1");
	}
}

/** A message that was sent and not acknowledged. */
interface Kept {
	readonly id: number;
	readonly payload: Uint8Array;
}

export default function start(): void {
	const job = (config as unknown as { bench: Job & { readonly keeps?: boolean } }).bench;
	const { keeps = false } = job;
	const kept: Kept[] = [];
	const hardware = makeHardware();
	const payload = Uint8Array.from(PAYLOAD);
	let acknowledged = 0;
	let connected = false;
	const mqtt = new MQTTClient({
		host: "localhost",
		id: "mote-0001",
		keepAlive: 60_000,
		dns: { io: Dns },
		socket: { io: StubSocket },
		onReadable(count: number) {
			const data = mqtt.read(count) as ArrayBuffer;
			client.received += data.byteLength;
		},
		onControl(message: { operation: number; id: number }) {
			if (message.operation === MQTTClient.PUBACK) {
				acknowledged++;
				if (keeps) release(message.id);
			}
			if (message.operation === MQTTClient.CONNACK) connected = true;
		},
		onError() {
			throw new Error("the SDK's client failed");
		},
	});
	const release = (id: number) => {
		for (let i = 0; i < kept.length; i++) {
			if ((kept[i] as Kept).id !== id) continue;
			kept.splice(i, 1);
			return;
		}
	};
	let id = 1;
	const client = {
		received: 0,
		publish(): number {
			id = id === 65535 ? 1 : id + 1;
			if (keeps) kept.push({ id, payload: payload.slice() });
			mqtt.write(payload, { topic: TOPIC, QoS: 1, id });
			return id;
		},
	};
	hardware.socket?.writable();
	hardware.socket?.feed(Uint8Array.from(CONNACK));
	if (!connected) throw new Error("not connected");
	runJob(job, client);
	if (kept.length > 0) throw new Error("a message was not released");
	if (job.way === "publish" && acknowledged !== job.count) throw new Error("messages were not acknowledged");
}
