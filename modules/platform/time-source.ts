// Asks one time server at a time over the Ecma-419 UDP socket.

import UDP from "embedded:io/socket/udp";
import Timer from "timer";
import type { Clock, Random } from "../core/clock.js";
import { readAnswer, SNTP_BYTES, SNTP_PORT, SntpFault, writeQuestion } from "../network/sntp.js";
import type { TimeHandler, TimeSource } from "../network/time-keeper.js";
import { resolve } from "./system.js";

interface Datagrams {
	read(): ArrayBuffer | undefined;
	write(buffer: Uint8Array, address: string, port: number): void;
	close(): void;
}
type DatagramClass = new (options: { onReadable(packets: number): void; onError(): void }) => Datagrams;

export class SntpSource implements TimeSource {
	private readonly clock: Clock;
	private readonly random: Random;
	private socket: Datagrams | undefined;
	private handler: TimeHandler | undefined;
	/** Counts questions, so that a late name is known as such. */
	private question = 0;
	private high = 0;
	private low = 0;
	private askedAt = 0;

	constructor(clock: Clock, random: Random) {
		this.clock = clock;
		this.random = random;
	}

	/** `server`: a name or an IPv4 address, with ":port" behind it if that is not 123. */
	ask(server: string, handler: TimeHandler): void {
		this.cancel();
		this.handler = handler;
		const question = this.question;
		const colon = server.indexOf(":");
		const host = colon < 0 ? server : server.slice(0, colon);
		const port = colon < 0 ? SNTP_PORT : Number(server.slice(colon + 1));
		resolve(host, (address) => {
			if (question !== this.question) return;
			if (address === undefined) this.failed();
			else this.send(address, port);
		});
	}

	cancel(): void {
		this.question++;
		this.handler = undefined;
		const socket = this.socket;
		this.socket = undefined;
		if (!socket) return;
		// Not inside a callback of its own.
		Timer.set(() => socket.close(), 0);
	}

	private failed(): void {
		const handler = this.handler;
		this.cancel();
		handler?.timeFailed();
	}

	private send(address: string, port: number): void {
		const question = this.question;
		try {
			const socket = new (UDP as unknown as DatagramClass)({
				onReadable: (packets) => {
					for (; packets > 0; packets--) {
						const packet = socket.read();
						if (packet && question === this.question) this.received(packet);
					}
				},
				onError: () => {
					if (question === this.question) this.failed();
				},
			});
			this.socket = socket;
			this.high = Math.floor(this.random() * 0x100000000);
			this.low = Math.floor(this.random() * 0x100000000);
			const packet = new Uint8Array(SNTP_BYTES);
			writeQuestion(new DataView(packet.buffer), this.high, this.low);
			this.askedAt = this.clock.monotonic();
			socket.write(packet, address, port);
		} catch {
			// No socket left, or no way there: as good as no answer.
			Timer.set(() => {
				if (question === this.question) this.failed();
			}, 0);
		}
	}

	private received(packet: ArrayBuffer): void {
		const time = readAnswer(new DataView(packet), this.high, this.low);
		if (time === SntpFault.Foreign) return; // somebody else's; the answer may still come
		if (time < 0) return this.failed();
		const handler = this.handler;
		// The answer is half a round trip old.
		const travelled = (this.clock.monotonic() - this.askedAt) / 2;
		this.cancel();
		handler?.timeAnswered(time + travelled);
	}
}
