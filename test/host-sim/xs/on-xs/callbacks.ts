// Runs on XS: the firmware's transport over the eager socket. Notes what its handler hears, and whether that
// was inside a call of the transport.

import type { TransportHandler } from "../../../../modules/mqtt/transport.js";
import { SocketTransport } from "../../../../modules/platform/socket-transport.js";
import { SystemTimers } from "../../../../modules/platform/timers.js";
import type { EagerSocket } from "./eager-socket.js";

/** Frame to the parent: a line. */
export const HEARD = 100;

class Recorder implements TransportHandler {
	readonly transport = new SocketTransport({ host: "127.0.0.1", port: 1 }, new SystemTimers());
	#calls = 0;
	#handling = 0;
	#writes = 0;

	get socket(): EagerSocket {
		return (globalThis as unknown as { eager: EagerSocket }).eager;
	}

	/** A call of the transport. */
	within(call: () => void): void {
		this.#calls++;
		call();
		this.#calls--;
	}

	#heard(what: string, then?: () => void): void {
		const inside = this.#calls > 0 || this.#handling > 0 ? " inside" : "";
		host.send(HEARD, `${what}${inside}`);
		this.#handling++;
		then?.();
		this.#handling--;
	}

	write(): void {
		if (this.#writes++ < 3)
			this.within(() => this.transport.write(2, Uint8Array.of(1, 2), undefined, undefined));
	}

	opened(): void {
		this.#heard("opened", () => {
			this.write();
			this.transport.awaited = true;
		});
	}
	received(bytes: Uint8Array): void {
		this.#heard(`received ${bytes.length}`, () => this.write());
	}
	writable(): void {
		this.#heard("writable", () => this.write());
	}
	closed(code: string): void {
		this.#heard(`closed ${code}`);
	}
}

export default function start(): void {
	const recorder = new Recorder();
	const later = (ms: number, due: () => void) => new SystemTimers().create({ due }).start(ms);
	recorder.within(() => recorder.transport.open(recorder));
	later(100, () => recorder.socket.bring(600));
	later(200, () => recorder.socket.fail());
	later(300, () => {
		recorder.within(() => recorder.transport.open(recorder));
		later(100, () => {
			recorder.within(() => recorder.transport.close(true));
			host.send(HEARD, recorder.socket.closed ? "the end" : "not closed");
		});
	});
}
