// What the simulated hardware keeps in RAM: who waits for which socket and pin. Made at boot, because modules
// are in the read-only image.
//
// Lists are filled from their beginning on: XS's collector reads behind the items of an array that has gaps
// and spare room, and takes what it finds there for values (fxSweepValue, in npm's engine and in the SDK's).

import { In } from "host-sim/xs/frames";

/** One that waits for something with its number. */
export interface Listener {
	heard(kind: number, value: number): void;
}

const SOCKETS = 8;

export class Hardware {
	readonly #sockets: Array<Listener | undefined> = new Array(SOCKETS).fill(undefined);
	/** Who listens to a pin, and which one. */
	readonly #listeners: Array<Listener | undefined> = [];
	readonly #pins: number[] = [];
	/** A bit for each pin that has an owner: 0 to 31, and 32 to 48. */
	#lowPins = 0;
	#highPins = 0;
	#i2c: { data: number; clock: number; devices: number; readonly addresses: number[] } | undefined;
	#next = 0;
	readonly #names: Array<((address: string | undefined) => void) | undefined> = [];
	control: ((what: number) => void) | undefined;

	/** The one of this boot. */
	static current(): Hardware {
		return host.attached() as Hardware;
	}

	/** Called by the host; what it throws ends the machine. */
	handle(kind: number, id: number, value: number): void {
		switch (kind) {
			case In.Data:
			case In.Written:
			case In.Closed:
				this.#sockets[id]?.heard(kind, value);
				return;
			case In.Edges:
				this.#listeners[this.#pins.indexOf(id)]?.heard(kind, value);
				return;
			case In.Resolved: {
				const found = this.#names[id];
				this.#names[id] = undefined;
				const address = host.text();
				found?.(address === "" ? undefined : address);
				return;
			}
			case In.Control:
				this.control?.(id);
				return;
			default:
		}
	}

	/** Takes a pin; false if it has an owner. */
	claim(pin: number): boolean {
		const bit = 1 << (pin & 31);
		if (((pin < 32 ? this.#lowPins : this.#highPins) & bit) !== 0) return false;
		if (pin < 32) this.#lowPins |= bit;
		else this.#highPins |= bit;
		return true;
	}
	release(pin: number): void {
		const bit = 1 << (pin & 31);
		if (pin < 32) this.#lowPins &= ~bit;
		else this.#highPins &= ~bit;
	}

	/** Takes the lines of a bus for its first device. */
	openI2c(data: number, clock: number, address: number): void {
		this.#i2c ??= { data, clock, devices: 0, addresses: [] };
		const bus = this.#i2c;
		if (bus.devices > 0 && (bus.data !== data || bus.clock !== clock))
			throw new RangeError("this board has one I²C bus");
		if (bus.addresses.includes(address)) throw new RangeError("duplicate address");
		if (bus.devices === 0) {
			if (!this.claim(data)) throw new Error(`pin ${data} is in use`);
			if (!this.claim(clock)) {
				this.release(data);
				throw new Error(`pin ${clock} is in use`);
			}
			bus.data = data;
			bus.clock = clock;
		}
		bus.devices++;
		bus.addresses.push(address);
	}
	closeI2c(data: number, clock: number, address: number): void {
		const bus = this.#i2c;
		if (!bus) return;
		bus.addresses.splice(bus.addresses.indexOf(address), 1);
		if (--bus.devices > 0) return;
		this.release(data);
		this.release(clock);
	}

	setPin(pin: number, listener: Listener | undefined): void {
		let at = this.#pins.indexOf(pin);
		if (at < 0) at = this.#pins.push(pin) - 1;
		this.#listeners[at] = listener;
	}

	/** A number for a socket, or -1. */
	openSocket(listener: Listener): number {
		for (let i = 0; i < SOCKETS; i++) {
			// Not the one that was closed last: frames for it may still be on their way.
			const id = this.#next;
			this.#next = (id + 1) % SOCKETS;
			if (this.#sockets[id] !== undefined) continue;
			this.#sockets[id] = listener;
			return id;
		}
		return -1;
	}

	closeSocket(id: number): void {
		this.#sockets[id] = undefined;
	}

	/** A number for a name that is being resolved. */
	awaitName(found: (address: string | undefined) => void): number {
		let id = this.#names.indexOf(undefined);
		if (id < 0) id = this.#names.length;
		this.#names[id] = found;
		return id;
	}
}
