// Lines of bytes from a stream: a line ends at LF, or CR LF, and nowhere else, and what stands in it is not
// looked at.

const LF = 10;
const CR = 13;

export class Lines {
	readonly #line: (bytes: Uint8Array) => void;
	readonly #tooLong: () => void;
	readonly #longest: number;
	#pieces: Uint8Array[] = [];
	#length = 0;

	/** `line` hears each line, without its end; `tooLong` of each that has more than `longest` bytes. */
	constructor(longest: number, line: (bytes: Uint8Array) => void, tooLong: () => void) {
		this.#longest = longest;
		this.#line = line;
		this.#tooLong = tooLong;
	}

	push(chunk: Uint8Array): void {
		let from = 0;
		for (;;) {
			const at = chunk.indexOf(LF, from);
			this.#add(chunk.subarray(from, at < 0 ? chunk.length : at));
			if (at < 0) return;
			this.#end(true);
			from = at + 1;
		}
	}

	/** The stream has ended: what stands behind the last line feed is a line too. */
	close(): void {
		if (this.#length > 0) this.#end(false);
	}

	#add(piece: Uint8Array): void {
		this.#length += piece.length;
		// Of a line that is too long nothing is kept; its carriage return may come too much.
		if (this.#length > this.#longest + 1) this.#pieces = [];
		else if (piece.length > 0) this.#pieces.push(Uint8Array.from(piece));
	}

	#end(feed: boolean): void {
		let bytes: Uint8Array = Buffer.concat(this.#pieces);
		const whole = bytes.length === this.#length;
		this.#pieces = [];
		this.#length = 0;
		if (feed && bytes[bytes.length - 1] === CR) bytes = bytes.subarray(0, bytes.length - 1);
		if (whole && bytes.length <= this.#longest) this.#line(bytes);
		else this.#tooLong();
	}
}
