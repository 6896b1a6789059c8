// The live view: one line for what happens, coloured on a terminal, or one JSON object a line.

import { stderr, stdout } from "node:process";
import type { Channel } from "../../modules/core/channels.js";
import type { CommandResult, MemoryStats } from "../engine/engine.js";
import type { Sentence } from "../engine/narration.js";
import { counted, shownValue } from "../engine/words.js";
import { memoryLines } from "./memory-lines.js";
import type { Summary } from "./tally.js";

const COLOURS = { dim: 2, red: 31, green: 32, yellow: 33, blue: 34, magenta: 35, cyan: 36 } as const;
type Colour = keyof typeof COLOURS;

/** Written in place of what no terminal should be told: control characters of foreign texts. */
function printable(text: string): string {
	return text
		.trimEnd()
		.replaceAll("\n", "⏎ ")
		.replace(/\p{Cc}/gu, "�");
}

function round(value: number): number {
	return Math.round(value * 10) / 10;
}

export class View {
	readonly #channels: readonly Channel[];
	readonly #json: boolean;
	readonly #colour: boolean;
	#doing = "";
	/** Called around each line, so that a prompt can make room. */
	around: (print: () => void) => void = (print) => print();

	/** `channels`: what a sample has. */
	constructor(log: "pretty" | "json", channels: readonly Channel[]) {
		this.#channels = channels;
		this.#json = log === "json";
		this.#colour = !this.#json && stdout.isTTY === true && process.env.NO_COLOR === undefined;
	}

	tell({ text, level }: Sentence): void {
		if (level === "warn") this.warn(text);
		else this.info(text);
	}
	info(text: string): void {
		this.#line("info", { text }, text, "dim");
	}
	warn(text: string): void {
		this.#line("warn", { text }, `! ${text}`, "yellow");
	}

	sample(values: readonly number[], wallMs: number, accepted: boolean): void {
		const parts = this.#channels.map((channel, i) => shownValue(channel, values[i]));
		const data = Object.fromEntries(
			this.#channels.map(({ key, decimals }, i) => {
				const value = values[i] as number;
				return [key, Number.isNaN(value) ? null : Number(value.toFixed(decimals))];
			}),
		);
		const time = wallMs >= 0 ? new Date(wallMs).toISOString() : null;
		const tail = accepted ? "" : "  (no value: not sent)";
		this.#line("measure", { time, ...data, accepted }, `● ${parts.join("   ")}${tail}`, undefined);
	}

	sending(topic: string, records: number, packetId: number, resent: boolean): void {
		const what = counted(records, "record");
		const id = packetId === 0 ? "QoS 0" : `packet ${packetId}`;
		const text = `→ ${topic}  ${what}, ${id}${resent ? ", again" : ""}`;
		this.#line("publish", { topic, records, packetId, resent }, text, "blue");
	}

	delivered(total: number, waiting: number): void {
		this.#line("delivered", { total, waiting }, `✓ ${total} delivered, ${waiting} in the ring`, "green");
	}

	received(topic: string, payload: string): void {
		this.#line("received", { topic, payload }, `← ${topic}  ${printable(payload)}`, "magenta");
	}

	command(result: CommandResult): void {
		const good = result.status === "SUCCESSFUL";
		const text = `${good ? "■" : "✗"} ${printable(result.text)}  ${good ? "done" : printable(result.reason)}`;
		this.#line("command", { ...result }, text, good ? "cyan" : "red");
	}

	circuit(led: number, toneHz: number, rpm: number): void {
		const text = `⚙ the board: LED ${led.toFixed(0)} %, buzzer ${toneHz > 0 ? `${toneHz} Hz` : "silent"}, motor ${rpm.toFixed(0)} rpm`;
		this.#line("circuit", { led: round(led), toneHz, rpm: round(rpm) }, text, "cyan");
	}

	summary(summary: Summary): void {
		if (this.#json) {
			stdout.write(`${JSON.stringify(summary)}\n`);
			return;
		}
		const { ring, memory } = summary;
		const lines = [
			"",
			`${summary.acknowledged} of ${summary.accepted} measures delivered in ${summary.seconds} s` +
				(summary.restored > 0 ? ` (${summary.restored} from an earlier run)` : "") +
				`, ${summary.lost} lost, ${ring.waiting} still in the ring, ${counted(summary.reconnects, "reconnect")}`,
			`ring: at most ${ring.highWater} of ${ring.capacity} records, ${ring.evicted} evicted`,
			...(memory ? memoryLines(memory) : []),
			...summary.commands.map((c) => `${c.status}  ${c.text}${c.reason === "" ? "" : `: ${c.reason}`}`),
		];
		this.around(() => stdout.write(`${lines.join("\n")}\n`));
	}

	/** The machine's memory, for machines: always JSON. */
	stats(memory: MemoryStats): void {
		const line = `${JSON.stringify({ event: "stats", at: new Date().toISOString(), ...memory })}\n`;
		this.around(() => stdout.write(line));
	}

	/** What takes time before the run begins: "what, n of m" is one line, which a terminal shows counting. */
	progress(text: string): void {
		const what = text.split(",")[0] ?? "";
		if (stderr.isTTY) stderr.write(`\r\x1b[K${text}`);
		else if (what !== this.#doing) stderr.write(`${what} …\n`);
		this.#doing = what;
	}
	endProgress(): void {
		if (stderr.isTTY && this.#doing !== "") stderr.write("\r\x1b[K");
		this.#doing = "";
	}

	/** The addresses, only for programs: people are told in words. */
	started(addresses: Readonly<Record<string, string | undefined>>): void {
		if (this.#json) this.#line("started", addresses, "", undefined);
	}

	/** Plain text, only for people. */
	say(text: string): void {
		if (!this.#json) this.around(() => stdout.write(`${text}\n`));
	}

	#line(event: string, data: object, text: string, colour: Colour | undefined): void {
		const now = new Date();
		if (this.#json) {
			stdout.write(`${JSON.stringify({ event, at: now.toISOString(), ...data })}\n`);
			return;
		}
		const time = now.toTimeString().slice(0, 8);
		const shown = printable(text);
		const body = colour && this.#colour ? `\x1b[${COLOURS[colour]}m${shown}\x1b[0m` : shown;
		this.around(() => stdout.write(`${this.#colour ? `\x1b[2m${time}\x1b[0m` : time}  ${body}\n`));
	}
}
