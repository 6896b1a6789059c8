// What a board says over its serial line. A release build says plain text. In a debug build the SDK speaks
// xsbug's protocol: "<?xs.XXXXXXXX?>" names the machine, "<xsbug>…</xsbug>" holds what it logs, its figures
// once a second, and where it stops; it goes on when it is answered. Both come mixed, and with ESP-IDF's own
// text.

const NAMED: Readonly<Record<string, string>> = { lt: "<", gt: ">", quot: '"', amp: "&", apos: "'" };
const TAG = /<\?xs([.#-])([\dA-Fa-f]{8})\?>(?:\r\n)?/;
const OPEN = "<xsbug>";
const CLOSE = "</xsbug>";

/** The SDK's figures, bytes: fields 12 to 19 of its samples. */
export interface Figures {
	readonly systemFree: number;
	readonly chunksUsed: number;
	readonly chunksAvailable: number;
	readonly slotsUsed: number;
	readonly slotsAvailable: number;
	readonly stackUsed: number;
	readonly stackAvailable: number;
}

export function figuresOf(samples: string): Figures | undefined {
	const values = samples.split(",").map(Number);
	if (values.length < 19 || values.some(Number.isNaN)) return undefined;
	const [systemFree, , chunksUsed, chunksAvailable, slotsUsed, slotsAvailable, stackUsed, stackAvailable] =
		values.slice(11, 19) as [number, number, number, number, number, number, number, number];
	return { systemFree, chunksUsed, chunksAvailable, slotsUsed, slotsAvailable, stackUsed, stackAvailable };
}

export class SerialReader {
	/** All that was said so far. */
	trace = "";
	/** One a second, of debug builds. */
	readonly figures: Figures[] = [];
	readonly #answer: (text: string) => void;
	#pending = "";
	#machine = "";
	/** Nothing has come since the last piece of the protocol. */
	#fresh = false;

	/** `answer` sends to the machine. */
	constructor(answer: (text: string) => void) {
		this.#answer = answer;
	}

	push(data: Buffer): void {
		// Bytes, until a text is whole.
		this.#pending += data.toString("latin1");
		while (this.#next()) {}
	}

	/** Takes one piece off what is pending; false if there is none. */
	#next(): boolean {
		const pending = this.#pending;
		const tag = TAG.exec(pending);
		const open = pending.indexOf(OPEN);
		const first = Math.min(
			tag?.index ?? Number.POSITIVE_INFINITY,
			open < 0 ? Number.POSITIVE_INFINITY : open,
		);
		if (first === Number.POSITIVE_INFINITY) {
			// Plain text, but for what may be the beginning of a piece.
			const end = pending.lastIndexOf("<");
			const safe = end < 0 || pending.length - end > 20 ? pending.length : end;
			this.#between(pending.slice(0, safe));
			this.#pending = pending.slice(safe);
			return false;
		}
		if (first > 0) {
			this.#between(pending.slice(0, first));
			this.#pending = pending.slice(first);
			return true;
		}
		if (tag && tag.index === 0) {
			if (tag[1] === ".") this.#machine = tag[2] as string;
			this.#pending = pending.slice(tag[0].length);
			this.#fresh = true;
			return true;
		}
		const close = pending.indexOf(CLOSE);
		if (close < 0) return false;
		this.#message(pending.slice(OPEN.length, close));
		this.#pending = pending.slice(close + CLOSE.length);
		this.#fresh = true;
		return true;
	}

	#message(message: string): void {
		for (const [, log] of message.matchAll(/<log[^>]*>([\s\S]*?)<\/log>/g)) this.#text(plain(log as string));
		for (const [, samples] of message.matchAll(/<samples[^>]*>([\s\S]*?)<\/samples>/g)) {
			const figures = figuresOf(samples as string);
			if (figures) this.figures.push(figures);
		}
		for (const [, stop] of message.matchAll(/<break[^>]*>([\s\S]*?)<\/break>/g))
			this.#text(`[break] ${plain(stop as string)}\n`);
		if (/<(login|break)[ >]/.test(message) && this.#machine !== "")
			this.#answer(`\r\n<?xs.${this.#machine}?>\r\n<go/>\r\n`);
	}

	/** Line ends around the protocol's pieces are not the board's. */
	#between(bytes: string): void {
		const text = this.#fresh ? bytes.replace(/^[\r\n]+/, "") : bytes;
		if (text !== "") this.#fresh = false;
		this.#text(text);
	}

	#text(bytes: string): void {
		this.trace += Buffer.from(bytes, "latin1").toString("utf8").replaceAll("\r", "");
	}
}

/** Without XML's entities. */
function plain(text: string): string {
	return text.replace(/&(?:#(\d+)|(\w+));/g, (whole, code?: string, name?: string) =>
		code
			? Buffer.from(String.fromCodePoint(Number(code))).toString("latin1")
			: (NAMED[name as string] ?? whole),
	);
}
