// Every measured value an embedded cloud has stored, in order of arrival, with the counts tests ask for.
import type { ReportEvent, StoredValue } from "./events.js";
import { remember } from "./history.js";

export type NewValue = Pick<StoredValue, "series" | "value" | "text" | "unit" | "time">;

export class ValueStore {
	private readonly values = new Map<string, StoredValue[]>();
	private readonly publishes = new Map<string, number>();
	private readonly forgotten = new Map<string, { samples: number; complete: number }>();
	private readonly report: ReportEvent;

	constructor(report: ReportEvent) {
		this.report = report;
	}

	of(device: string): readonly StoredValue[] {
		return this.values.get(device) ?? [];
	}

	devices(): string[] {
		return [...this.values.keys()];
	}

	publishCount(device: string): number {
		return this.publishes.get(device) ?? 0;
	}

	/** Notes one PUBLISH packet that carried measures and returns its number. */
	countPublish(device: string): number {
		const count = this.publishCount(device) + 1;
		this.publishes.set(device, count);
		return count;
	}

	add(device: string, publish: number, value: NewValue): StoredValue {
		const stored: StoredValue = { device, ...value, arrived: Date.now(), publish };
		const list = this.values.get(device) ?? [];
		this.values.set(device, list);
		const old = remember(list, stored);
		// A sample of which a part is still remembered stays whole.
		while (old.length > 0 && old.at(-1)?.time === list[0]?.time) list.unshift(old.pop() as StoredValue);
		if (old.length > 0) this.forget(device, old);
		this.report({ kind: "stored", value: stored });
		return stored;
	}

	/** Values that repeat an earlier one's series and time. */
	duplicates(device: string): number {
		const seen = new Set(this.of(device).map((value) => `${value.time} ${value.series}`));
		return this.of(device).length - seen.size;
	}

	/**
	 * Distinct sample times: samples of which at least a part is stored, for a sensor may have had no value.
	 */
	samples(device: string): number {
		const { samples = 0 } = this.forgotten.get(device) ?? {};
		return samples + new Set(this.of(device).map((value) => value.time)).size;
	}

	/** Distinct sample times at which every series this device ever sent is present. */
	completeSamples(device: string): number {
		const all = new Set<string>();
		const byTime = new Map<number, Set<string>>();
		for (const { series, time } of this.of(device)) {
			all.add(series);
			const present = byTime.get(time) ?? new Set<string>();
			byTime.set(time, present.add(series));
		}
		const { complete = 0 } = this.forgotten.get(device) ?? {};
		return complete + [...byTime.values()].filter((present) => present.size === all.size).length;
	}

	/** Keeps the counts of values that are no longer remembered. */
	private forget(device: string, old: readonly StoredValue[]): void {
		const { samples = 0, complete = 0 } = this.forgotten.get(device) ?? {};
		const before = new ValueStore(() => {});
		before.values.set(device, [...old]);
		this.forgotten.set(device, {
			samples: samples + before.samples(device),
			complete: complete + before.completeSamples(device),
		});
	}
}
