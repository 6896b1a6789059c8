// Ecma-419's UDP socket where there is none: whatever is asked, a time server of the machine's own clock
// answers.

/** Seconds from 1900 to 1970. */
const EPOCH = 2_208_988_800;

export default class SimulatedUdp {
	readonly #onReadable: ((packets: number) => void) | undefined;
	#answer: ArrayBuffer | undefined;
	#closed = false;

	constructor(options: { onReadable?: (packets: number) => void }) {
		this.#onReadable = options.onReadable;
	}
	write(question: Uint8Array, _address: string, port: number): void {
		if (port !== 123 || question.length !== 48) return;
		const answer = new Uint8Array(48);
		const view = new DataView(answer.buffer);
		view.setUint8(0, (4 << 3) | 4);
		view.setUint8(1, 1);
		answer.set(question.subarray(40), 24);
		const now = Date.now();
		view.setUint32(40, Math.floor(now / 1000) + EPOCH);
		view.setUint32(44, Math.floor(((now % 1000) / 1000) * 2 ** 32));
		this.#answer = answer.buffer;
		void Promise.resolve().then(() => {
			if (!this.#closed) this.#onReadable?.(1);
		});
	}
	read(): ArrayBuffer | undefined {
		const answer = this.#answer;
		this.#answer = undefined;
		return answer;
	}
	close(): void {
		this.#closed = true;
	}
}
