// The one clock of a simulated world: whatever happens is a task at a moment, in ms, and tasks of the same
// moment run in the order in which they were made. Nothing else moves time, so that a run repeats exactly.

export interface Task {
	readonly at: number;
	readonly order: number;
	/** Undefined once it ran or was cancelled. */
	work: (() => void) | undefined;
}

/** Tasks in one moment after which time counts as standing still. */
const STUCK = 100_000;

export class Scheduler {
	now = 0;
	readonly #heap: Task[] = [];
	#order = 0;
	#inMoment = 0;

	after(ms: number, work: () => void): Task {
		if (!(ms >= 0 && ms < 1e12)) throw new RangeError(`scheduler: in ${ms} ms`);
		const task = { at: this.now + Math.ceil(ms), order: this.#order++, work };
		const heap = this.#heap;
		let i = heap.length;
		heap.push(task);
		while (i > 0) {
			const parent = (i - 1) >> 1;
			const above = heap[parent] as Task;
			if (isBefore(above, task)) break;
			heap[i] = above;
			i = parent;
		}
		heap[i] = task;
		return task;
	}

	/** Runs what falls due up to `until`; stops early when `enough` says so. */
	run(until: number, enough: () => boolean = () => false): void {
		for (;;) {
			const task = this.#heap[0];
			if (!task || task.at > until) break;
			this.#pop();
			const { work } = task;
			if (!work) continue;
			task.work = undefined;
			if (task.at > this.now) this.#inMoment = 0;
			else if (++this.#inMoment > STUCK) throw new Error("scheduler: time stands still");
			this.now = task.at;
			work();
			if (enough()) return;
		}
		this.now = Math.max(this.now, until);
	}

	#pop(): void {
		const heap = this.#heap;
		const last = heap.pop() as Task;
		const { length } = heap;
		if (length === 0) return;
		let i = 0;
		for (;;) {
			let child = 2 * i + 1;
			if (child >= length) break;
			if (child + 1 < length && isBefore(heap[child + 1] as Task, heap[child] as Task)) child++;
			if (!isBefore(heap[child] as Task, last)) break;
			heap[i] = heap[child] as Task;
			i = child;
		}
		heap[i] = last;
	}
}

function isBefore(a: Task, b: Task): boolean {
	return a.at < b.at || (a.at === b.at && a.order < b.order);
}
