// A time server on loopback (SNTP, RFC 4330) with this machine's time, for a node that runs in Moddable's
// simulator and has to know the time before TLS.

import { createSocket, type Socket } from "node:dgram";

const PACKET = 48;
/** Seconds from 1900 to 1970. */
const EPOCH = 2_208_988_800;

/** Resolves once it answers; the port is in `address()`. */
export async function startTimeServer(): Promise<Socket> {
	const server = createSocket("udp4");
	server.on("message", (question, { port, address }) => {
		if (question.length !== PACKET) return;
		const answer = Buffer.alloc(PACKET);
		answer[0] = (4 << 3) | 4; // version 4, a server
		answer[1] = 2; // stratum
		question.copy(answer, 24, 40, 48); // what it was asked with
		const now = Date.now();
		answer.writeUInt32BE(Math.floor(now / 1000) + EPOCH, 40);
		answer.writeUInt32BE(Math.floor(((now % 1000) / 1000) * 2 ** 32), 44);
		server.send(answer, port, address);
	});
	await new Promise<void>((bound, failed) => {
		server.once("error", failed);
		server.bind(0, "127.0.0.1", bound);
	});
	return server;
}
