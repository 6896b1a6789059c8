// WebSocket as a transport of MQTT (MQTT 3.1.1, section 6; RFC 6455) over another transport: TCP or TLS. What
// goes out is framed by the output stage (frame-output.ts), where it lies; here are the upgrade, the frames
// that come in, and the control frames.
//
//   state      event                          next
//   Closed     open                           Opening    (the transport below connects)
//   Opening    opened                         Upgrading  (the request goes out)
//   Upgrading  an answer that is right        Open       (the session hears `opened`)
//   Upgrading  any other                      Closed     upgrade-failed
//   Upgrading  none in time                   Closed     upgrade-silent
//   Open       CLOSE                          Closed     websocket-closed (CLOSE goes back)
//   Open       a rule is broken               Closed     websocket-broken (CLOSE 1002 goes out)
//   any        closed, close                  Closed

import type { Timers } from "../core/clock.js";
import { CLOSE, closeWords, type FrameHandler, FrameReader, PING } from "./frame-reader.js";
import type { Masking } from "./masking.js";
import type { Piece, Transport, TransportHandler } from "./transport.js";
import type { UpgradeAddress } from "./upgrade.js";
import { Upgrading } from "./upgrading.js";

const PONG_FRAME = 0x8a;
const CLOSE_FRAME = 0x88;
const NORMAL = 1000;
const PROTOCOL_ERROR = 1002;
/** Of a control frame that we send: two bytes and the key. */
const CONTROL_HEAD = 6;

export class WebSocketTransport implements Transport, TransportHandler, FrameHandler {
	readonly below: Transport;
	private handler: TransportHandler | undefined;
	private isOpen = false;
	private readonly reader = new FrameReader(this);
	private readonly masking: Masking;
	private readonly upgrading: Upgrading;
	/** The last ping whose answer did not fit into the socket (RFC 6455, 5.5.3). */
	private ping: Uint8Array | undefined;

	constructor(below: Transport, address: UpgradeAddress, masking: Masking, timers: Timers) {
		this.below = below;
		this.masking = masking;
		this.upgrading = new Upgrading(below, address, masking, timers, this);
	}

	// Transport

	get free(): number {
		return this.below.free;
	}
	get drained(): boolean {
		return this.below.drained;
	}
	get awaited(): boolean {
		return this.below.awaited;
	}
	set awaited(awaited: boolean) {
		this.below.awaited = awaited;
	}

	open(handler: TransportHandler): void {
		this.handler = handler;
		this.reader.reset();
		this.below.open(this);
	}

	write(bytes: number, first: Piece, second: Piece, third: Piece): void {
		this.below.write(bytes, first, second, third);
	}

	close(abort: boolean): void {
		if (!abort && this.isOpen) this.sendClose(NORMAL);
		this.forget();
		this.below.close(abort);
	}

	private forget(): void {
		this.handler = undefined;
		this.isOpen = false;
		this.reader.stop();
		this.ping = undefined;
		this.upgrading.stop();
	}

	// TransportHandler

	opened(): void {
		this.upgrading.begin();
	}

	/** The answer to the request; `fault` is "" where it is right. */
	upgraded(fault: string): void {
		if (fault !== "") return this.fail("upgrade-failed", fault);
		this.isOpen = true;
		this.handler?.opened();
	}

	silent(): void {
		this.fail("upgrade-silent", "");
	}

	received(bytes: Uint8Array, start = 0, end = bytes.length): void {
		const { reader } = this;
		if (!this.isOpen) return this.answered(bytes, start, end);
		// What comes by itself in one frame: an acknowledgement, most of all.
		if (reader.isWhole(bytes, start, end)) return this.handler?.received(bytes, start + 2, end);
		reader.feed(bytes, start, end);
		while (reader.next()) this.handler?.received(bytes, reader.from, reader.to);
	}

	/** Bytes of the answer, and perhaps of the first frames. */
	private answered(bytes: Uint8Array, start: number, end: number): void {
		const at = this.upgrading.take(bytes, start, end);
		if (at >= 0 && at < end && this.isOpen) this.received(bytes, at, end);
	}

	writable(): void {
		if (!this.isOpen) return this.upgrading.send();
		if (this.ping) this.pong(this.ping);
		this.handler?.writable();
	}

	closed(code: string, detail: string): void {
		const { handler } = this;
		const { pending } = this.upgrading;
		this.forget();
		if (pending && code === "connection-lost") handler?.closed("upgrade-silent", "it closed the connection");
		else handler?.closed(code, detail);
	}

	/** Ends the connection by itself. */
	private fail(code: string, detail: string): void {
		const { handler } = this;
		this.forget();
		this.below.close(true);
		handler?.closed(code, detail);
	}

	// FrameHandler

	control(opcode: number, payload: Uint8Array): boolean {
		if (opcode === PING) this.pong(payload);
		else if (opcode === CLOSE) {
			this.sendClose(NORMAL);
			this.fail("websocket-closed", closeWords(payload));
		}
		return this.isOpen;
	}

	violation(what: string): void {
		this.sendClose(PROTOCOL_ERROR);
		this.fail("websocket-broken", what);
	}

	private pong(payload: Uint8Array): void {
		this.ping = undefined;
		if (this.send(PONG_FRAME, payload)) return;
		this.ping = payload.slice();
		this.below.awaited = true;
	}

	private sendClose(code: number): void {
		this.send(CLOSE_FRAME, Uint8Array.of(code >> 8, code & 255));
	}

	/** Sends a control frame; false if the socket has no room for it. They are rare, so this may allocate. */
	private send(first: number, payload: Uint8Array): boolean {
		const { below, masking } = this;
		const size = CONTROL_HEAD + payload.length;
		if (below.free < size) return false;
		const frame = new Uint8Array(size);
		frame[0] = first;
		frame[1] = 0x80 | payload.length;
		const key = new Uint8Array(masking.random(4));
		frame.set(key, 2);
		frame.set(payload, CONTROL_HEAD);
		if (payload.length > 0) masking.mask(frame.subarray(CONTROL_HEAD), key, payload.length);
		below.write(size, frame, undefined, undefined);
		return true;
	}
}
