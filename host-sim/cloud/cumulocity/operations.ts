// Operations of a Cumulocity tenant and their life cycle: PENDING -> EXECUTING -> SUCCESSFUL or FAILED.

export type OperationStatus = "PENDING" | "EXECUTING" | "SUCCESSFUL" | "FAILED";
export type Fragments = Record<string, unknown>;

export interface Operation {
	id: string;
	deviceId: string;
	status: OperationStatus;
	creationTime: number;
	fragments: Fragments;
	failureReason?: string;
	/** What the device returned with 503, e.g. the output of a command. */
	result?: string[];
}

export type OperationDetails = Pick<Operation, "failureReason" | "result">;

export class Operations {
	private readonly list: Operation[] = [];
	private nextId = 1001;
	private readonly changed: (operation: Operation) => void;

	constructor(changed: (operation: Operation) => void) {
		this.changed = changed;
	}

	create(deviceId: string, fragments: Fragments): Operation {
		const operation: Operation = {
			id: String(this.nextId++),
			deviceId,
			status: "PENDING",
			creationTime: Date.now(),
			fragments,
		};
		this.list.push(operation);
		this.changed(operation);
		return operation;
	}

	get(id: string): Operation | undefined {
		return this.list.find((operation) => operation.id === id);
	}

	/** In order of creation. */
	select(filter: {
		deviceId?: string | null;
		status?: string | null;
		fragment?: string | null;
	}): Operation[] {
		return this.list.filter(
			({ deviceId, status, fragments }) =>
				(!filter.deviceId || deviceId === filter.deviceId) &&
				(!filter.status || status === filter.status) &&
				(!filter.fragment || Object.hasOwn(fragments, filter.fragment)),
		);
	}

	/** Moves the oldest operation in `from` with the fragment; undefined when there is none. */
	advance(
		deviceId: string,
		fragment: string,
		from: OperationStatus,
		to: OperationStatus,
		details: OperationDetails = {},
	): Operation | undefined {
		const operation = this.select({ deviceId, status: from, fragment })[0];
		if (operation) this.move(operation, to, details);
		return operation;
	}

	move(operation: Operation, to: OperationStatus, details: OperationDetails = {}): void {
		Object.assign(operation, { status: to }, details);
		this.changed(operation);
	}
}
