// Runs on XS: the Moddable SDK's own MQTT client (examples/io/tcp/mqttclient), used as its example does, over
// the benchmark's socket. Its source comes from the SDK when the benchmark runs.

import config from "mc/config";
import MQTTClient from "sdk/mqttclient";
import { CONNACK, type Job, makeHardware, PAYLOAD, runJob, StubSocket, TOPIC } from "./hardware.js";

class Dns {
	resolve(options: { host: string; onResolved(host: string, address: string): void }): void {
		options.onResolved(options.host, "127.0.0.1");
	}
}

export default function start(): void {
	const job = (config as unknown as { bench: Job }).bench;
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
		onControl(message: { operation: number }) {
			if (message.operation === MQTTClient.PUBACK) acknowledged++;
			if (message.operation === MQTTClient.CONNACK) connected = true;
		},
		onError() {
			throw new Error("the SDK's client failed");
		},
	});
	let id = 1;
	const client = {
		received: 0,
		publish(): number {
			id = id === 65535 ? 1 : id + 1;
			mqtt.write(payload, { topic: TOPIC, QoS: 1, id });
			return id;
		},
	};
	hardware.socket?.writable();
	hardware.socket?.feed(Uint8Array.from(CONNACK));
	if (!connected) throw new Error("not connected");
	runJob(job, client);
	if (job.way === "publish" && acknowledged !== job.count) throw new Error("messages were not acknowledged");
}
