// The channels as they were sampled and as the cloud has them, by the samples' own times: those of a unit
// together, shown and hidden one by one. Below, the fill of the ring and how late a sample arrived.

import "uplot/dist/uPlot.min.css";
import uPlot from "uplot";
import { shownUnit } from "../../engine/words.js";
import type { Filled, Sampled, ShownChannel, Stored } from "../messages.js";
import { button, card, h, save, time } from "./dom.js";

type Column = Array<number | null>;
/** Times in seconds, as uPlot wants them, and values. */
interface Points {
	readonly times: number[];
	readonly values: Column;
}

const WINDOWS: ReadonlyArray<readonly [string, number]> = [
	["1 min", 60],
	["5 min", 300],
	["1 h", 3600],
	["all", Number.POSITIVE_INFINITY],
];
const LIMIT = 20_000;
const REDRAW_MS = 250;

/** Lines by their place among the channels, and again from the first. */
const COLOURS = ["warm", "accent", "violet", "good", "bad", "warn"] as const;
/** Of a plot: less where there are many. */
const HEIGHT = 190;
const LOW_HEIGHT = 110;
const FEW = 2;
/** Half of the least range that a plot shows, by the finest decimals of its channels. */
const LEAST = [5, 5, 1, 0.2, 0.05] as const;
const RING_HEIGHT = 130;
/** What is not news: it is shown when somebody asks for it. */
const QUIET = ["led", "buzzer", "uptime", "memory", "restarts", "certificate", "clockOffset"];

/** A channel's points: as it was sampled, and as the cloud has it. */
type Name = `${string}-${"sampled" | "cloud"}` | "ring" | "late";

/** Channels of one unit, in a plot of their own. */
interface Group {
	readonly unit: string;
	readonly channels: readonly ShownChannel[];
	readonly host: HTMLElement;
	plot?: uPlot;
}

export class Curve {
	readonly element: HTMLElement;
	readonly #values = h("div", { id: "plot-values" });
	readonly #ringHost = h("div", { class: "plot small", id: "plot-ring" });
	readonly #chips = h("div", { class: "picks", role: "group", "aria-label": "Channels shown" });
	readonly #points = new Map<Name, Points>();
	readonly #shown = new Map<string, boolean>();
	#channels: readonly ShownChannel[] = [];
	#groups: Group[] = [];
	#ring: uPlot | undefined;
	#window = 60;
	#held = false;
	#dirty = true;

	constructor() {
		const buttons = WINDOWS.map(([name, seconds]) =>
			button(
				name,
				() => {
					this.#window = seconds;
					this.#held = false;
					for (const one of buttons) one.setAttribute("aria-pressed", String(one.textContent === name));
					this.#dirty = true;
				},
				{ "aria-pressed": String(seconds === 60) },
			),
		);
		const csv = button("Save CSV", () => save("mote.csv", this.csv(), "text/csv"), { id: "save-csv" });
		this.element = card(
			"curve",
			"Curve",
			h(
				"div",
				{ class: "toolbar" },
				h("div", { class: "segmented", role: "group", "aria-label": "Time shown" }, ...buttons),
				csv,
			),
			this.#chips,
			this.#values,
			this.#ringHost,
			h("p", { class: "muted hint" }, "Drag to zoom, double-click to go back. Rings are what the cloud has."),
		);
		setInterval(() => this.#draw(), REDRAW_MS);
		new ResizeObserver(() => this.#resize()).observe(this.#values);
		matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.#make());
	}

	begin(channels: readonly ShownChannel[]): void {
		this.#points.clear();
		this.#channels = channels;
		for (const { key, from } of channels)
			if (!this.#shown.has(key)) this.#shown.set(key, !QUIET.includes(from));
		this.#chips.replaceChildren(...channels.map((channel, place) => this.#chip(channel, place)));
		this.#make();
	}

	/** Shows and hides a channel. */
	#chip({ key }: ShownChannel, place: number): HTMLElement {
		const chip = button(
			key,
			() => {
				this.#shown.set(key, !this.#shown.get(key));
				chip.setAttribute("aria-pressed", String(this.#shown.get(key)));
				this.#make();
			},
			{ "aria-pressed": String(this.#shown.get(key)), class: `pick ${colourOf(place)}`, id: `chip-${key}` },
		);
		return chip;
	}

	sampled(samples: readonly Sampled[]): void {
		for (const { at, values } of samples)
			for (const [i, { key }] of this.#channels.entries()) this.#add(`${key}-sampled`, at, values[i] ?? null);
	}

	stored(stored: readonly Stored[]): void {
		const first = this.#channels[0]?.key;
		for (const { at, arrived, series, value } of stored) {
			if (!this.#channels.some(({ key }) => key === series)) continue;
			this.#add(`${series}-cloud`, at, value);
			if (series === first) this.#add("late", at, Math.max(0, arrived - at));
		}
	}

	ring(filled: readonly Filled[]): void {
		for (const { at, used } of filled) this.#add("ring", at, used);
	}

	/** What the tests look at: the times of a series, ms. */
	times(name: Name): number[] {
		return (this.#points.get(name)?.times ?? []).map((seconds) => Math.round(seconds * 1000));
	}

	csv(): string {
		const keys = this.#channels.map(({ key }) => key);
		const columns = [
			...keys.map((key) => ({ name: `${key}-sampled` as Name, title: `${key} sampled` })),
			...keys.map((key) => ({ name: `${key}-cloud` as Name, title: `${key} in the cloud` })),
		];
		const rows = new Map<number, Array<number | null>>();
		for (const [column, { name }] of columns.entries()) {
			const { times, values } = this.#points.get(name) ?? { times: [], values: [] };
			for (const [i, at] of times.entries()) {
				const row = rows.get(at) ?? columns.map(() => null);
				row[column] = values[i] ?? null;
				rows.set(at, row);
			}
		}
		const lines = [...rows]
			.sort(([a], [b]) => a - b)
			.map(
				([at, row]) => `${new Date(at * 1000).toISOString()},${row.map((value) => value ?? "").join(",")}`,
			);
		return `time,${columns.map(({ title }) => title).join(",")}\n${lines.join("\n")}\n`;
	}

	#add(name: Name, ms: number, value: number | null): void {
		const points = this.#points.get(name) ?? { times: [], values: [] };
		this.#points.set(name, points);
		const { times, values } = points;
		const at = ms / 1000;
		// After an outage samples come late, and those behind them may be there already.
		let place = times.length;
		while (place > 0 && (times[place - 1] as number) > at) place--;
		if (times[place - 1] === at) values[place - 1] = value;
		else {
			times.splice(place, 0, at);
			values.splice(place, 0, value);
		}
		if (times.length > LIMIT) {
			times.splice(0, times.length - LIMIT);
			values.splice(0, values.length - LIMIT);
		}
		this.#dirty = true;
	}

	/** The plots of what is shown; their data come with the next drawing. */
	#make(): void {
		for (const { plot } of this.#groups) plot?.destroy();
		this.#ring?.destroy();
		const units = [...new Set(this.#channels.map(({ unit }) => unit))];
		this.#groups = units
			.map((unit) => ({
				unit,
				channels: this.#channels.filter((one) => one.unit === unit && this.#shown.get(one.key)),
				host: h("div", { class: "plot", "data-unit": unit }),
			}))
			.filter(({ channels }) => channels.length > 0);
		this.#values.replaceChildren(...this.#groups.map(({ host }) => host));
		for (const [i, group] of this.#groups.entries())
			group.plot = this.#plotOf(group, i === this.#groups.length - 1);
		this.#ring = new uPlot(
			{
				...this.#common(this.#ringHost, RING_HEIGHT),
				scales: { x: { time: true }, n: { range: fromZero(8) }, ms: { range: fromZero(100) } },
				axes: [axisOfTime(), axis("n", "in the ring", 3), axis("ms", "late, ms", 1)],
				series: [
					{},
					{ ...line("in the ring", "n", colour("good")), fill: colour("good-soft") },
					rings("late, ms", "ms", colour("violet")),
				],
			},
			[[], [], []],
			this.#ringHost,
		);
		this.#dirty = true;
	}

	get #height(): number {
		return this.#groups.length > FEW ? LOW_HEIGHT : HEIGHT;
	}

	/** Times stand below the last one only: the plots have them in common. */
	#plotOf({ unit, channels, host }: Group, last: boolean): uPlot {
		const series = channels.flatMap(({ key }) => {
			const stroke = colour(colourOf(this.#channels.findIndex((one) => one.key === key)));
			return [line(key, "y", stroke), rings("in the cloud", "y", stroke)];
		});
		const finest = Math.max(...channels.map(({ decimals }) => decimals));
		return new uPlot(
			{
				...this.#common(host, this.#height),
				legend: { show: false },
				scales: { x: { time: true }, y: { range: padded(LEAST[finest] ?? 1) } },
				axes: [axisOfTime(last), axis("y", shownUnit(unit), 3)],
				series: [{}, ...series],
			},
			[[], ...series.map(() => [])] as unknown as uPlot.AlignedData,
			host,
		);
	}

	#common(
		host: HTMLElement,
		height: number,
	): Pick<uPlot.Options, "width" | "height" | "cursor" | "legend" | "hooks"> {
		return {
			width: Math.max(260, host.clientWidth),
			height,
			cursor: { sync: { key: "mote" }, drag: { x: true, y: false } },
			legend: { live: true },
			hooks: {
				ready: [
					(plot) =>
						plot.over.addEventListener("dblclick", () => {
							this.#held = false;
							this.#dirty = true;
						}),
				],
				// A zoom holds the view until somebody goes back.
				setSelect: [
					(plot) => {
						if (plot.select.width > 0) this.#held = true;
					},
				],
			},
		};
	}

	#resize(): void {
		for (const { plot, host } of this.#groups)
			plot?.setSize({ width: Math.max(260, host.clientWidth), height: this.#height });
		this.#ring?.setSize({ width: Math.max(260, this.#ringHost.clientWidth), height: RING_HEIGHT });
	}

	#draw(): void {
		if (!this.#dirty || this.#held || document.hidden || !this.#ring) return;
		this.#dirty = false;
		const now = Date.now() / 1000;
		const from = now - this.#window;
		const part = (name: Name): uPlot.AlignedData => {
			const { times, values } = this.#points.get(name) ?? { times: [], values: [] };
			let first = times.length;
			while (first > 0 && (times[first - 1] as number) >= from) first--;
			return [times.slice(first), values.slice(first)];
		};
		const first = Number.isFinite(from)
			? from
			: Math.min(now - 60, ...[...this.#points.values()].map(({ times }) => times[0] ?? now));
		const show = (plot: uPlot, names: Name[]) => {
			plot.setData(joined(names.map(part)), false);
			plot.setScale("x", { min: first, max: now });
		};
		for (const { plot, channels } of this.#groups)
			if (plot)
				show(
					plot,
					channels.flatMap(({ key }) => [`${key}-sampled` as Name, `${key}-cloud` as Name]),
				);
		show(this.#ring, ["ring", "late"]);
	}
}

function colourOf(place: number): string {
	return COLOURS[place % COLOURS.length] as string;
}
function colour(name: string): string {
	return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

function axis(scale: string, label: string, side: 1 | 3): uPlot.Axis {
	return {
		...{ scale, label, side, stroke: colour("muted"), labelSize: 18, size: 52 },
		font: "11px system-ui",
		labelFont: "11px system-ui",
		grid: { show: side === 3, stroke: colour("grid"), width: 1 },
		ticks: { show: false },
	};
}

function axisOfTime(shown = true): uPlot.Axis {
	return {
		values: (_plot, splits) => splits.map((seconds) => (shown ? time(seconds * 1000) : "")),
		size: shown ? 28 : 6,
		space: 70,
		stroke: colour("muted"),
		grid: { stroke: colour("grid"), width: 1 },
		ticks: { show: false },
		font: "11px system-ui",
	};
}

function line(label: string, scale: string, stroke: string): uPlot.Series {
	return { label, scale, stroke, width: 1.75, points: { show: false }, spanGaps: false };
}

function rings(label: string, scale: string, stroke: string): uPlot.Series {
	return {
		...{ label, scale, stroke, width: 0, paths: () => null },
		points: { show: true, size: 7, width: 1.5, stroke, fill: colour("card") },
	};
}

/**
 * One x for all; where a series has nothing the line goes on (undefined), where it has no value it breaks
 * (null).
 */
function joined(parts: uPlot.AlignedData[]): uPlot.AlignedData {
	if (parts.every(([x]) => x.length === 0)) return [[], ...parts.map(() => [])] as uPlot.AlignedData;
	return uPlot.join(parts, parts.map(() => [2, 1]) as unknown as uPlot.JoinNullMode[][]);
}

const padded =
	(least: number) =>
	(_plot: uPlot, low: number | null, high: number | null): [number, number] => {
		const middle = ((low ?? 0) + (high ?? 0)) / 2;
		const half = Math.max(least, (((high ?? 0) - (low ?? 0)) / 2) * 1.15);
		return [middle - half, middle + half];
	};
const fromZero =
	(least: number) =>
	(_plot: uPlot, _low: number | null, high: number | null): [number, number] => [
		0,
		Math.max(least, (high ?? 0) * 1.1),
	];
