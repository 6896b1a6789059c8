// The readers of TLS records and handshake messages: every cut gives the same, what is out of order or too
// long is one error in words, and nothing that a stranger sends takes more than a bounded piece of memory.

import assert from "node:assert/strict";
import { createCipheriv, createDecipheriv, createHash } from "node:crypto";
import { Alert, TlsFault } from "../../../modules/network/tls-fault.js";
import { MAX_CERTIFICATE } from "../../../modules/network/tls-handshake.js";
import { agreedFragment, helloExtension } from "../../../modules/network/tls-hello.js";
import { MAX_CONTENT } from "../../../modules/network/tls-records.js";
import { seeded } from "../../support/seeded.js";
import { bytes, chain, Heard, hello, message, number16, number24, records, request } from "./tls-flight.js";

const certificate = (length: number, fill: number) => new Uint8Array(length).fill(fill);
const MESSAGES = [
	hello([[1, [4]]]),
	chain(certificate(700, 1), certificate(300, 2), certificate(5, 3)),
	message(12, certificate(329, 4)),
	request(20),
	message(14),
];
const FLIGHT = bytes(...MESSAGES);
const LINES = [
	`message 2 ${MESSAGES[0]?.length}`,
	"certificate 0 700",
	"certificate 1 300",
	"certificate 2 5",
	"chain of 3",
	"message 12 333",
	"requested",
	"message 14 4",
];

function faultOf(stream: Uint8Array, prepare: (heard: Heard) => void = () => {}): TlsFault {
	const faults = [stream.length, 1, 7].map((size) => {
		const heard = new Heard();
		prepare(heard);
		return heard.deliver(stream, size);
	});
	const [fault] = faults;
	assert.ok(fault instanceof TlsFault, String(fault));
	for (const other of faults) assert.equal((other as Error).message, fault.message, "whatever the pieces");
	return fault;
}

describe("TLS: records and handshake messages", () => {
	it("gives the same for every length of records, down to one byte each", () => {
		for (const size of [1, 2, 3, 4, 5, 63, 64, 511, 512, 513, 1500, MAX_CONTENT]) {
			const heard = new Heard();
			assert.equal(heard.deliver(records(22, FLIGHT, size)), undefined);
			assert.deepEqual(heard.lines, LINES, `records of ${size}`);
			assert.deepEqual(Uint8Array.from(heard.hashed), FLIGHT, "each byte is hashed once, in order");
			assert.deepEqual(heard.certificates[1], certificate(300, 2));
		}
	});

	it("gives the same for every cut of the stream", () => {
		const stream = records(22, FLIGHT, 600);
		for (let at = 1; at < stream.length; at++) {
			const heard = new Heard();
			assert.equal(heard.deliver(stream.subarray(0, at)) ?? heard.deliver(stream.subarray(at)), undefined);
			assert.deepEqual(heard.lines, LINES, `cut at ${at}`);
			assert.equal(heard.hashed.length, FLIGHT.length);
		}
		for (const size of [1, 2, 3, 17, 1000]) {
			const heard = new Heard();
			assert.equal(heard.deliver(stream, size), undefined);
			assert.deepEqual(heard.lines, LINES, `pieces of ${size}`);
		}
	});

	it("takes a request with 166 authorities over two records, and holds none of it", () => {
		const flight = bytes(
			hello(),
			chain(certificate(1900, 1), certificate(1900, 2), certificate(1900, 3)),
			request(166),
		);
		const heard = new Heard();
		assert.equal(heard.deliver(records(22, flight, MAX_CONTENT), 1436), undefined);
		assert.equal(heard.lines.at(-1), "requested");
		assert.equal(heard.messages.length, 1);
		assert.deepEqual(
			createHash("sha256").update(Uint8Array.from(heard.hashed)).digest(),
			createHash("sha256").update(flight).digest(),
		);
	});

	it("knows a session that is resumed: ChangeCipherSpec behind ServerHello, where it may be", () => {
		const stream = bytes(records(22, hello(), 100), records(20, bytes(1), 1));
		const heard = new Heard();
		heard.resuming = true;
		assert.equal(heard.deliver(stream), undefined);
		assert.equal(heard.lines.at(-1), "change cipher");
		assert.match(faultOf(stream).message, /changes the cipher out of order/);
	});

	it("refuses a cipher that is changed early, or in the middle of a message", () => {
		const change = records(20, bytes(1), 1);
		for (let n = 0; n < MESSAGES.length; n++)
			assert.equal(
				faultOf(bytes(...MESSAGES.slice(0, n).map((one) => records(22, one, 900)), change)).alert,
				Alert.UnexpectedMessage,
			);
		const half = bytes(...MESSAGES, 20, 0, 0);
		assert.match(faultOf(bytes(records(22, half, 9000), change)).message, /out of order/);
	});

	it("ignores HelloRequest in a handshake, without hashing it, and tells it afterwards", () => {
		const ask = message(0);
		const heard = new Heard();
		const flight = bytes(ask, ...MESSAGES.flatMap((one) => [one, ask]));
		assert.equal(heard.deliver(records(22, flight, 50)), undefined);
		assert.deepEqual(heard.lines, LINES);
		assert.deepEqual(Uint8Array.from(heard.hashed), FLIGHT);
		heard.handshake.changeCipher(false);
		heard.handshake.push(message(20, certificate(12, 9)));
		assert.equal(heard.handshake.done, true);
		heard.handshake.push(ask);
		assert.equal(heard.lines.at(-1), "renegotiation");
		assert.throws(() => heard.handshake.push(hello()), /out of order/);
	});

	it("refuses every message that comes out of order or twice", () => {
		const kinds = [...MESSAGES, message(20, certificate(12, 1))];
		const right = new Set(["", "0", "01", "012", "013", "014", "0123", "0124", "0134", "01234"]);
		const walk = (path: string): void => {
			if (path.length > 5) return;
			const stream = records(22, bytes(...[...path].map((i) => kinds[Number(i)] as Uint8Array)), 4000);
			const error = new Heard().deliver(stream);
			if (right.has(path)) {
				assert.equal(error, undefined, path);
				for (let i = 0; i < kinds.length; i++) walk(path + i);
			} else {
				assert.match(String(error), /out of order/, path);
				assert.equal((error as TlsFault).alert, Alert.UnexpectedMessage);
			}
		};
		walk("");
	});

	for (const [what, words, stream] of [
		["no TLS", /does not speak TLS/, bytes([72, 84, 84, 80, 47])],
		["SSL 2", /does not speak TLS/, bytes([0x80, 46, 1, 0, 2])],
		["a record above 16 KB", /record of 16385 bytes/, bytes(22, 3, 3, number16(16385))],
		["an empty alert", /an empty record/, bytes(21, 3, 3, 0, 0)],
		["data in the clear", /not encrypted/, bytes(23, 3, 3, 0, 1, 0)],
		["many empty records", /an empty record/, bytes(...Array(9).fill(bytes(22, 3, 3, 0, 0)))],
		["an unknown message", /message of type 99/, records(22, message(99), 9)],
		["a ticket that nobody asked for", /message of type 4/, records(22, bytes(hello(), message(4, [0])), 99)],
		["a long ServerHello", /ServerHello has 1025 bytes/, records(22, bytes(2, number24(1025)), 9)],
		["a ServerHelloDone with a body", /ServerHelloDone has 1 bytes/, records(22, bytes(14, number24(1)), 9)],
		["a long chain", /Certificate has 36865 bytes/, records(22, bytes(hello(), 11, number24(36865)), 99)],
		[
			"a long certificate",
			/certificate 2 of the server has 6145 bytes/,
			records(22, bytes(hello(), chain(certificate(10, 1), certificate(MAX_CERTIFICATE + 1, 2))), 900),
		],
		[
			"many certificates",
			/more certificates than we look at/,
			records(22, bytes(hello(), chain(...Array(7).fill(certificate(10, 1)))), 900),
		],
		[
			"a list longer than its message",
			/contradict/,
			records(22, bytes(hello(), message(11, [0, 0, 9, 0])), 99),
		],
		[
			"a list shorter than its message",
			/contradict/,
			records(22, bytes(hello(), message(11, [0, 0, 0, 0])), 99),
		],
		[
			"a certificate longer than the list",
			/contradict/,
			records(22, bytes(hello(), message(11, [0, 0, 5, 0, 0, 3, 1, 1])), 99),
		],
		[
			"a certificate of nothing",
			/contradict/,
			records(22, bytes(hello(), message(11, [0, 0, 3, 0, 0, 0])), 99),
		],
		["half a length", /contradict/, records(22, bytes(hello(), message(11, [0, 0, 2, 0, 0])), 99)],
		["a chain without a list", /contradict/, records(22, bytes(hello(), message(11, [0, 0])), 99)],
		["nothing at all for a chain", /contradict/, records(22, bytes(hello(), message(11)), 99)],
	] as const)
		it(`says what is wrong with ${what}`, () => {
			assert.match(faultOf(stream).message, words);
		});

	it("takes a chain without a certificate for what it is", () => {
		const heard = new Heard();
		assert.equal(heard.deliver(records(22, bytes(hello(), chain()), 99)), undefined);
		assert.equal(heard.lines.at(-1), "chain of 0");
	});

	it("collects encrypted records whole, whatever the cuts, up to 16 KB and what encryption adds", () => {
		const key = Buffer.alloc(16, 1);
		const seal = (text: Uint8Array, n: number) => {
			const iv = Buffer.alloc(12, n);
			const cipher = createCipheriv("aes-128-gcm", key, iv);
			return bytes(iv.subarray(4), cipher.update(text), cipher.final(), cipher.getAuthTag());
		};
		const texts = [0, 1, 512, MAX_CONTENT].map((length, i) => certificate(length, i));
		const stream = bytes(...texts.map((text, i) => records(23, seal(text, i), 20_000)));
		for (const size of [1, 3, 1436, stream.length]) {
			const heard = new Heard();
			heard.reader.encrypted = true;
			heard.reader.handshaking = false;
			assert.equal(heard.deliver(stream, size), undefined);
			for (const [i, record] of heard.sealed.entries()) {
				const decipher = createDecipheriv("aes-128-gcm", key, Buffer.alloc(12, i));
				decipher.setAuthTag(record.subarray(-16));
				const text = Buffer.concat([decipher.update(record.subarray(8, -16)), decipher.final()]);
				assert.deepEqual(Uint8Array.from(text), texts[i]);
			}
			assert.equal(heard.sealed.length, texts.length);
			assert.equal(heard.reader.idle, true);
		}
		const long = bytes(23, 3, 3, number16(MAX_CONTENT + 305));
		const encrypted = (heard: Heard) => {
			heard.reader.encrypted = true;
			heard.reader.handshaking = false;
		};
		assert.equal(faultOf(long, encrypted).alert, Alert.RecordOverflow);
		assert.match(faultOf(bytes(23, 3, 3, 0, 0), encrypted).message, /empty record/);
	});

	it("gives no memory for a long record to whoever has not ended the handshake", () => {
		const encrypted = (heard: Heard) => {
			heard.reader.encrypted = true;
		};
		for (const type of [21, 22, 23])
			assert.match(faultOf(bytes(type, 3, 3, number16(513)), encrypted).message, /513 bytes, above 512/);
	});

	it("holds the server to a length of records that both have agreed on", () => {
		const agreed = (heard: Heard) => {
			heard.reader.maxContent = 512;
		};
		assert.match(faultOf(bytes(22, 3, 3, number16(513)), agreed).message, /record of 513 bytes, above 512/);
	});

	it("finds extensions in a ServerHello, and knows a broken one", () => {
		assert.equal(helloExtension(hello(), 1), undefined);
		assert.deepEqual(
			helloExtension(
				hello(
					[
						[16, [0, 2]],
						[1, [3]],
					],
					[1, 2, 3],
				),
				1,
			),
			bytes(3),
		);
		assert.deepEqual(helloExtension(hello([[1, []]]), 1), bytes());
		const whole = hello([
			[16, [0, 2]],
			[1, [3]],
		]);
		for (let end = 4; end < whole.length; end++) {
			const cut = message(2, whole.subarray(4, end));
			if (end === whole.length - 13) assert.equal(helloExtension(cut, 1), undefined, "without extensions");
			else assert.throws(() => helloExtension(cut, 1), TlsFault, `cut to ${end}`);
		}
	});

	it("agrees on a length of records only as it was asked for", () => {
		for (const [code, length] of [
			[1, 512],
			[2, 1024],
			[3, 2048],
			[4, 4096],
		] as const) {
			assert.equal(agreedFragment(hello([[1, [code]]]), length), length);
			assert.equal(agreedFragment(hello(), length), 0);
			for (const asked of [0, 512, 1024, 2048, 4096].filter((other) => other !== length))
				assert.throws(() => agreedFragment(hello([[1, [code]]]), asked), /another length of records/);
		}
		for (const bad of [[], [0], [5], [255], [4, 4]])
			assert.throws(() => agreedFragment(hello([[1, bad]]), 4096), TlsFault);
	});

	it("ends every mutated flight with one error in words, or waits for more", () => {
		const random = seeded(20261130);
		const whole = bytes(
			records(22, FLIGHT, 300),
			records(20, bytes(1), 1),
			records(22, certificate(40, 1), 40),
		);
		let faults = 0;
		for (let n = 0; n < 5000; n++) {
			const stream = Uint8Array.from(whole);
			for (let i = 0; i < 1 + random() * 4; i++)
				stream[Math.floor(random() * stream.length)] = Math.floor(random() * 256);
			const heard = new Heard();
			const error = heard.deliver(stream, 1 + Math.floor(random() * 1500));
			if (error === undefined) continue;
			faults++;
			assert.ok(error instanceof TlsFault, String(error));
			assert.ok(error.message.length > 20 && error.message.length < 120, error.message);
		}
		assert.ok(faults > 300, `${faults} faults`);
	});
});
