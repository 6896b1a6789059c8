// The form of a ServerKeyExchange: what was not offered is refused before the SDK, which would take it
// unsigned, sees it.

import assert from "node:assert/strict";
import { sign } from "node:crypto";
import { Alert, TlsFault } from "../../../modules/network/tls-fault.js";
import { checkHello } from "../../../modules/network/tls-hello.js";
import { checkKeyExchange } from "../../../modules/network/tls-key-exchange.js";
import { ecPair, int, seq } from "./make-certificate.js";
import { bytes, hello, message, number16 } from "./tls-flight.js";

const POINT = bytes(4, new Uint8Array(64).fill(9));
const RSA_SIGNATURE = new Uint8Array(256).fill(7);
const CURVE = [3, 0, 23];

const exchange = (
	hash: number,
	kind: number,
	signature: Uint8Array,
	{ curve = CURVE, point = POINT, length = signature.length } = {},
) => message(12, bytes(curve, point.length, point, hash, kind, number16(length), signature));

function fault(whole: Uint8Array, elliptic = true, curveBits = 0): number {
	try {
		checkKeyExchange(whole, elliptic, curveBits);
		return 0;
	} catch (error) {
		assert.ok(error instanceof TlsFault);
		return error.alert;
	}
}

describe("TLS: ServerKeyExchange", () => {
	const pair = ecPair();
	const signature = sign("sha256", POINT, pair.privateKey);

	it("passes as it was offered", () => {
		assert.equal(fault(exchange(4, 1, RSA_SIGNATURE)), 0);
		assert.equal(fault(exchange(4, 3, signature), true, 256), 0);
		assert.equal(fault(exchange(4, 3, signature), true, 384), 0);
	});

	it("fails with any digest and any kind of signature that were not", () => {
		for (let hash = 0; hash < 256; hash++)
			for (const kind of [0, 1, 2, 3, 4, 7, 9, 255])
				for (const curveBits of [0, 256]) {
					const right = hash === 4 && kind === (curveBits > 0 ? 3 : 1);
					const whole = exchange(hash, kind, curveBits > 0 ? signature : RSA_SIGNATURE);
					assert.equal(fault(whole, true, curveBits), right ? 0 : Alert.IllegalParameter, `${hash} ${kind}`);
				}
	});

	it("fails with numbers that fit every message", () => {
		for (const [r, s] of [
			[0, 0],
			[1, 0],
			[0, 1],
		] as const)
			assert.equal(fault(exchange(4, 3, seq(int(r), int(s))), true, 256), Alert.DecodeError);
	});

	it("fails on another curve, with another form of a point, cut anywhere, and with more behind", () => {
		for (const curve of [
			[3, 0, 24],
			[1, 0, 23],
			[3, 0, 29],
		])
			assert.equal(fault(exchange(4, 1, RSA_SIGNATURE, { curve })), Alert.IllegalParameter);
		for (const point of [bytes(), bytes(4), bytes(3, new Uint8Array(64)), bytes(4, new Uint8Array(63))])
			assert.equal(fault(exchange(4, 1, RSA_SIGNATURE, { point })), Alert.DecodeError);
		const whole = exchange(4, 1, RSA_SIGNATURE);
		for (let end = 4; end < whole.length; end++) assert.notEqual(fault(whole.subarray(0, end)), 0, `${end}`);
		for (const length of [0, 255, 257]) assert.notEqual(fault(exchange(4, 1, RSA_SIGNATURE, { length })), 0);
		assert.notEqual(fault(bytes(whole, 0)), 0);
	});

	it("bounds the numbers of DHE", () => {
		const dhe = (prime: number, share = prime) =>
			message(
				12,
				bytes(
					...[number16(prime), new Uint8Array(prime).fill(255), number16(1), 2],
					...[number16(share), new Uint8Array(share).fill(1)],
					...[4, 1, number16(256), RSA_SIGNATURE],
				),
			);
		assert.equal(fault(dhe(256), false), 0);
		assert.equal(fault(dhe(512), false), 0);
		assert.equal(fault(dhe(128), false), Alert.InsufficientSecurity);
		assert.equal(fault(dhe(513), false), Alert.DecodeError);
		assert.equal(fault(dhe(256, 0), false), Alert.DecodeError);
		assert.equal(fault(dhe(256, 600), false), Alert.DecodeError);
		const whole = dhe(256);
		for (let end = 4; end < whole.length; end += 7) assert.notEqual(fault(whole.subarray(0, end), false), 0);
	});
});

describe("TLS: ServerHello", () => {
	it("is of version 1.2, with a session id that can be offered again", () => {
		checkHello(hello([], [...Array(32).keys()]));
		for (const version of [
			[3, 1],
			[3, 2],
			[3, 4],
			[2, 3],
		]) {
			const other = hello();
			other.set(version, 4);
			assert.throws(() => checkHello(other), /does not speak TLS 1\.2/);
		}
		assert.throws(() => checkHello(hello([], [...Array(33).keys()])), /broken/);
		assert.throws(() => checkHello(hello().subarray(0, 38)), /broken/);
	});
});
