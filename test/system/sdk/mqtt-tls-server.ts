// A TLS 1.2 server of Node's that speaks as much MQTT as a node needs to go on, and says the rest as a test
// wants it.

import { readFileSync } from "node:fs";
import type { Socket } from "node:net";
import { join } from "node:path";
import { createServer, type Server, type TLSSocket } from "node:tls";
import { generate, type Packet, parser } from "mqtt-packet";

/** Node's TLS with the server's identity of 2048 bits that makeIdentities has put into the folder. */
export function tlsServer(folder: string, connected: (socket: TLSSocket) => void): Server {
	const read = (name: string) => readFileSync(join(folder, name), "utf8");
	const server = createServer(
		{
			...{ cert: read("server-2048.pem") + read("chain-2048.pem"), key: read("server-2048.key") },
			...{ ca: read("root-2048.pem"), requestCert: true, maxVersion: "TLSv1.2" },
		},
		(socket) => {
			socket.on("error", () => {});
			connected(socket);
		},
	);
	server.on("tlsClientError", () => {});
	return server;
}

/** Answers CONNECT, SUBSCRIBE and PUBLISH; `heard` is told of each packet before. */
export function answer(socket: Socket, heard: (packet: Packet) => void): void {
	const packets = parser();
	socket.on("data", (data) => packets.parse(data));
	packets.on("packet", (packet) => {
		heard(packet);
		const messageId = packet.messageId as number;
		if (packet.cmd === "connect")
			socket.write(generate({ cmd: "connack", returnCode: 0, sessionPresent: false }));
		else if (packet.cmd === "subscribe")
			socket.write(generate({ cmd: "suback", messageId, granted: packet.subscriptions.map(() => 1) }));
		else if (packet.cmd === "publish" && packet.qos === 1)
			socket.write(generate({ cmd: "puback", messageId }));
	});
}

/** One PUBLISH at QoS 1 in a write of its own, and so in a record of its own. */
export function publish(socket: Socket, topic: string, messageId: number, payload: string): void {
	socket.write(generate({ cmd: "publish", topic, qos: 1, dup: false, retain: false, messageId, payload }));
}
