// A clock that can be set, a time source that answers when the test says so, and a store.

import { Log } from "../../../modules/core/log.js";
import type { Store } from "../../../modules/core/store.js";
import type { TimeHandler, TimeSource, WallClock } from "../../../modules/network/time-keeper.js";

export const NOON = Date.UTC(2026, 10, 27, 12);

export class FakeClock implements WallClock {
	now = 5_000;
	/** What `set` was told, in turn. */
	readonly sets: Array<[ms: number, trusted: boolean]> = [];
	#epoch = -1;

	monotonic(): number {
		return this.now;
	}
	wallAt(monotonicMs: number): number {
		return this.#epoch < 0 ? -1 : this.#epoch + monotonicMs;
	}
	set(ms: number, trusted: boolean): void {
		this.sets.push([ms, trusted]);
		this.#epoch = trusted ? ms - this.now : -1;
	}
}

export class FakeSource implements TimeSource {
	readonly asked: string[] = [];
	cancelled = 0;
	handler: TimeHandler | undefined;

	ask(server: string, handler: TimeHandler): void {
		this.asked.push(server);
		this.handler = handler;
	}
	cancel(): void {
		this.cancelled++;
		this.handler = undefined;
	}
	answer(ms: number): void {
		const { handler } = this;
		this.handler = undefined;
		handler?.timeAnswered(ms);
	}
	fail(): void {
		const { handler } = this;
		this.handler = undefined;
		handler?.timeFailed();
	}
}

export function makeStore(stored = new Map<string, string | number>()): Store {
	return {
		get: (key) => stored.get(key),
		set: (key, value) => {
			stored.set(key, value);
		},
		delete: (key) => {
			stored.delete(key);
		},
	};
}

export function makeLog(lines: string[]): Log {
	return new Log((_level, text, detail) => lines.push(text + detail), "debug");
}
