// Ecma-419's Digital over the parent's circuit.

import { Hardware, type Listener } from "host-sim/xs/board/hardware";
import { claimPin, releasePin } from "host-sim/xs/board/io/pin";
import { Out } from "host-sim/xs/frames";
import type { DigitalOptions } from "../../../../modules/core/io.js";

export default class Digital implements Listener {
	static readonly Input = 0;
	static readonly InputPullUp = 1;
	static readonly InputPullDown = 2;
	static readonly Output = 8;
	static readonly OutputOpenDrain = 9;
	static readonly Rising = 1;
	static readonly Falling = 2;
	readonly #output: boolean;
	/** What the line has when the pin lets go of it: an open-drain line is pulled up. */
	readonly #rest: number;
	readonly #onReadable: (() => void) | undefined;
	readonly #edge: number;
	#pin: number;
	#value = 0;

	constructor(options: DigitalOptions) {
		const { mode, edge, onReadable } = options;
		this.#output = mode === Digital.Output || mode === Digital.OutputOpenDrain;
		this.#rest = mode === Digital.OutputOpenDrain ? 1 : 0;
		if (!this.#output && !(typeof mode === "number" && mode >= 0 && mode <= 3))
			throw new RangeError("invalid mode");
		if (onReadable && !edge) throw new RangeError("onReadable needs an edge");
		this.#onReadable = onReadable;
		this.#edge = edge ?? 0;
		this.#pin = claimPin(options.pin);
		if (onReadable) this.#watch(true);
	}
	read(): number {
		if (this.#pin < 0) throw new Error("closed");
		return this.#output ? this.#value : (host.ask(Out.Level, this.#pin) as number);
	}
	write(value: number): void {
		if (this.#pin < 0) throw new Error("closed");
		if (!this.#output) throw new Error("not an output");
		this.#value = value ? 1 : 0;
		host.send(Out.Digital, this.#pin, this.#value);
	}
	close(): void {
		if (this.#pin < 0) return;
		if (this.#output) host.send(Out.Digital, this.#pin, this.#rest);
		else if (this.#onReadable) this.#watch(false);
		releasePin(this.#pin);
		this.#pin = -1;
	}

	heard(_kind: number, edges: number): void {
		for (let i = 0; i < edges && this.#pin >= 0; i++) this.#onReadable?.call(this);
	}

	#watch(on: boolean): void {
		Hardware.current().setPin(this.#pin, on ? this : undefined);
		host.send(Out.Watch, this.#pin, on ? this.#edge : 0);
	}
}
