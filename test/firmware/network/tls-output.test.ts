// What goes out in a handshake, through sockets that take little at a time.

import assert from "node:assert/strict";
import { certificateParts, TlsOutput } from "../../../modules/network/tls-output.js";
import { bytes, chain, Heard, hello, records } from "./tls-flight.js";

/** A socket that takes so many bytes at a time, and says so when it does. */
class Socket {
	writable = 0;
	readonly written: number[] = [];
	write(piece: Uint8Array): void {
		assert.ok(piece.length > 0 && piece.length <= this.writable, `${piece.length} of ${this.writable}`);
		this.written.push(...piece);
	}
}

const CHAIN = [1800, 1700, 1400].map((length, i) =>
	new Uint8Array(length).map((_, at) => (at * 7 + i) & 255),
);
const sum = (parts: readonly Uint8Array[]) => parts.reduce((total, part) => total + part.length, 0);

/** All that an output gives to a socket that takes `room` bytes at a time. */
function drained(output: TlsOutput, room: number): Uint8Array {
	const socket = new Socket();
	for (let turns = 0; !output.empty; turns++) {
		assert.ok(turns < 100_000);
		socket.writable = room;
		output.flush(socket);
	}
	return Uint8Array.from(socket.written);
}

describe("TLS: what goes out", () => {
	it("sends a chain of three with keys of 4096 bits whole and in order, whatever the socket takes", () => {
		for (const room of [1, 7, 500, 1436, 5744, 100_000])
			for (const longest of [512, 4096, 16_384]) {
				const parts = certificateParts(11, CHAIN);
				const output = new TlsOutput();
				output.parts(22, parts, sum(parts), longest);
				const before = bytes(20, 3, 3, 0, 1, 1);
				output.record(before);
				const out = drained(output, room);
				assert.deepEqual(out, bytes(records(22, chain(...CHAIN), longest), before), `${room}, ${longest}`);
				// And a reader gets the certificates back.
				const heard = new Heard();
				assert.equal(
					heard.deliver(bytes(records(22, hello(), 200), out.subarray(0, -before.length))),
					undefined,
				);
				assert.deepEqual(heard.certificates, CHAIN);
			}
	});

	it("keeps no copy of a certificate", () => {
		const parts = certificateParts(11, CHAIN);
		for (const der of CHAIN) assert.ok(parts.includes(der));
		assert.deepEqual(bytes(...certificateParts(11, [])), chain());
	});

	it("writes nothing to a socket that takes nothing, and goes on where it was", () => {
		const output = new TlsOutput();
		const socket = new Socket();
		output.record(bytes(1, 2, 3, 4, 5));
		output.flush(socket);
		assert.deepEqual([socket.written, output.empty], [[], false]);
		socket.writable = 3;
		output.flush(socket);
		assert.deepEqual([socket.written, socket.writable, output.empty], [[1, 2, 3], 0, false]);
		output.record(bytes(6));
		socket.writable = 9;
		output.flush(socket);
		assert.deepEqual([socket.written, socket.writable, output.empty], [[1, 2, 3, 4, 5, 6], 6, true]);
	});
});
