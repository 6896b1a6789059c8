// Temperature and speed as they were sampled and as the cloud has them, by the samples' own times; below, the
// fill of the ring and how late a sample arrived.

import "uplot/dist/uPlot.min.css";
import uPlot from "uplot";
import type { Filled, Sampled, Stored } from "../messages.js";
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

type Name = `${"temperature" | "speed"}-${"sampled" | "cloud"}` | "ring" | "late";

export class Curve {
	readonly element: HTMLElement;
	readonly #plots: uPlot[] = [];
	readonly #hosts: readonly [HTMLElement, HTMLElement] = [
		h("div", { class: "plot", id: "plot-values" }),
		h("div", { class: "plot small", id: "plot-ring" }),
	];
	readonly #points = new Map<Name, Points>();
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
			...this.#hosts,
			h("p", { class: "muted hint" }, "Drag to zoom, double-click to go back. Rings are what the cloud has."),
		);
		setInterval(() => this.#draw(), REDRAW_MS);
		new ResizeObserver(() => this.#resize()).observe(this.#hosts[0]);
		matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.#make());
	}

	begin(): void {
		this.#points.clear();
		this.#make();
	}

	sampled(samples: readonly Sampled[]): void {
		for (const { at, values } of samples) {
			this.#add("temperature-sampled", at, values[0] ?? null);
			this.#add("speed-sampled", at, values[3] ?? null);
		}
	}

	stored(stored: readonly Stored[]): void {
		for (const { at, arrived, series, value } of stored) {
			if (series !== "temperature" && series !== "speed") continue;
			this.#add(`${series}-cloud`, at, value);
			if (series === "temperature") this.#add("late", at, Math.max(0, arrived - at));
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
		const rows = new Map<number, Array<number | null>>();
		for (const [column, name] of (
			["temperature-sampled", "speed-sampled", "temperature-cloud", "speed-cloud"] as const
		).entries()) {
			const { times, values } = this.#points.get(name) ?? { times: [], values: [] };
			for (const [i, at] of times.entries()) {
				const row = rows.get(at) ?? [null, null, null, null];
				row[column] = values[i] ?? null;
				rows.set(at, row);
			}
		}
		const lines = [...rows]
			.sort(([a], [b]) => a - b)
			.map(
				([at, row]) => `${new Date(at * 1000).toISOString()},${row.map((value) => value ?? "").join(",")}`,
			);
		return `time,temperature sampled,speed sampled,temperature in the cloud,speed in the cloud\n${lines.join("\n")}\n`;
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

	#make(): void {
		for (const plot of this.#plots.splice(0)) plot.destroy();
		const style = getComputedStyle(document.documentElement);
		const colour = (name: string) => style.getPropertyValue(`--${name}`).trim();
		const axis = (scale: string, label: string, side: 1 | 3): uPlot.Axis => ({
			...{
				scale,
				label,
				side,
				stroke: colour("muted"),
				labelSize: 18,
				size: 46,
				font: "11px system-ui",
				labelFont: "11px system-ui",
			},
			grid: { show: side === 3, stroke: colour("grid"), width: 1 },
			ticks: { show: false },
		});
		const axisOfTime: uPlot.Axis = {
			values: (_plot, splits) => splits.map((seconds) => time(seconds * 1000)),
			space: 70,
			stroke: colour("muted"),
			grid: { stroke: colour("grid"), width: 1 },
			ticks: { show: false },
			font: "11px system-ui",
		};
		const line = (label: string, scale: string, stroke: string): uPlot.Series => ({
			label,
			scale,
			stroke,
			width: 1.75,
			points: { show: false },
			spanGaps: false,
		});
		const rings = (label: string, scale: string, stroke: string): uPlot.Series => ({
			...{ label, scale, stroke, width: 0, paths: () => null },
			points: { show: true, size: 7, width: 1.5, stroke, fill: colour("card") },
		});
		const common = (
			host: HTMLElement,
			height: number,
		): Pick<uPlot.Options, "width" | "height" | "cursor" | "legend" | "hooks"> => ({
			width: Math.max(260, host.clientWidth),
			height,
			cursor: { sync: { key: "mote" }, drag: { x: true, y: false } },
			legend: { live: true },
			hooks: {
				// A zoom holds the view until somebody goes back.
				setSelect: [
					(plot) => {
						if (plot.select.width > 0) this.#held = true;
					},
				],
			},
		});
		const [values, ring] = this.#hosts;
		this.#plots.push(
			new uPlot(
				{
					...common(values, 260),
					scales: { x: { time: true }, c: { range: padded(2) }, rpm: { range: padded(20) } },
					axes: [axisOfTime, axis("c", "°C", 3), axis("rpm", "rpm", 1)],
					series: [
						{},
						line("temperature", "c", colour("warm")),
						rings("in the cloud", "c", colour("warm")),
						line("speed", "rpm", colour("accent")),
						rings("in the cloud", "rpm", colour("accent")),
					],
				},
				[[], [], [], [], []],
				values,
			),
			new uPlot(
				{
					...common(ring, 130),
					scales: { x: { time: true }, n: { range: fromZero(8) }, ms: { range: fromZero(100) } },
					axes: [axisOfTime, axis("n", "in the ring", 3), axis("ms", "late, ms", 1)],
					series: [
						{},
						{ ...line("in the ring", "n", colour("good")), fill: colour("good-soft") },
						rings("late, ms", "ms", colour("violet")),
					],
				},
				[[], [], []],
				ring,
			),
		);
		for (const plot of this.#plots)
			plot.over.addEventListener("dblclick", () => {
				this.#held = false;
				this.#dirty = true;
			});
		this.#dirty = true;
	}

	#resize(): void {
		const [values, ring] = this.#hosts;
		this.#plots[0]?.setSize({ width: Math.max(260, values.clientWidth), height: 260 });
		this.#plots[1]?.setSize({ width: Math.max(260, ring.clientWidth), height: 130 });
	}

	#draw(): void {
		if (!this.#dirty || this.#held || document.hidden || this.#plots.length === 0) return;
		this.#dirty = false;
		const now = Date.now() / 1000;
		const from = now - this.#window;
		const part = (name: Name): uPlot.AlignedData => {
			const { times, values } = this.#points.get(name) ?? { times: [], values: [] };
			let first = times.length;
			while (first > 0 && (times[first - 1] as number) >= from) first--;
			return [times.slice(first), values.slice(first)];
		};
		const [top, below] = this.#plots as [uPlot, uPlot];
		top.setData(
			joined([
				part("temperature-sampled"),
				part("temperature-cloud"),
				part("speed-sampled"),
				part("speed-cloud"),
			]),
			false,
		);
		below.setData(joined([part("ring"), part("late")]), false);
		const first = Number.isFinite(from)
			? from
			: Math.min(now - 60, ...[...this.#points.values()].map(({ times }) => times[0] ?? now));
		for (const plot of this.#plots) plot.setScale("x", { min: first, max: now });
	}
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
