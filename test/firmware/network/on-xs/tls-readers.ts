// Runs on XS: the readers of TLS over a flight that the parent lends, in pieces of several sizes.

import Resource from "Resource";
import { HandshakeReader } from "modules/network/tls-handshake";
import { ContentType, RecordReader } from "modules/network/tls-records";

/** Frame to the parent: size of the pieces, what was heard, number and sum of the bytes that were hashed. */
const HEARD = 100;

function read(flight: Uint8Array, size: number): void {
	let lines = "";
	let hashed = 0;
	let sum = 0;
	const hash = (bytes: Uint8Array) => {
		hashed += bytes.length;
		for (let at = 0; at < bytes.length; at++) sum = (sum * 31 + (bytes[at] as number)) % 1_000_003;
	};
	const handshake = new HandshakeReader({
		message: (type, bytes) => {
			lines += `message ${type} ${bytes.length};`;
			hash(bytes);
		},
		hash,
		certificate: (at, der) => {
			lines += `certificate ${at} ${der.length};`;
		},
		chainEnded: (count) => {
			lines += `chain of ${count};`;
		},
		requested: () => {
			lines += "requested;";
		},
		renegotiation: () => {},
	});
	const records = new RecordReader({
		open: (type, bytes) => {
			if (type === ContentType.Handshake) handshake.push(bytes);
			else {
				handshake.changeCipher(false);
				lines += "change cipher;";
				records.encrypted = true;
			}
		},
		sealed: (type, _version, record) => {
			lines += `sealed ${type} ${record.length};`;
		},
	});
	for (let at = 0; at < flight.length; ) {
		const there = Math.min(size, flight.length - at);
		for (let taken = 0; taken < there; ) {
			const room = records.room(there - taken);
			room.set(flight.subarray(at, at + room.length));
			at += room.length;
			taken += room.length;
			records.filled(room);
		}
	}
	host.send(HEARD, size, lines, hashed, sum);
}

export default function start(): void {
	const flight = new Uint8Array(new Resource("flight") as unknown as ArrayBuffer);
	for (const size of [flight.length, 1436, 100, 7]) read(flight, size);
}
