// The node's own figures, as host-sim asks for them: the same on both engines.

export interface NodeStatus {
	readonly capacity: number;
	readonly used: number;
	readonly highWater: number;
	readonly evicted: number;
	readonly malformed: number;
	/** Records that are not delivered yet, of both rings. */
	readonly waiting: number;
	/** Whether measures may flow. */
	readonly open: boolean;
	readonly delivered: number;
	/** Records of which nobody knows whether they arrived. */
	readonly unconfirmed: number;
	/** PUBLISH packets that carried records. */
	readonly messages: number;
	readonly accepted: number;
	readonly missingValues: number;
	readonly commands: number;
	readonly refusedCommands: number;
	readonly refusedMessages: number;
	readonly droppedSamples: number;
	readonly publishesReceived: number;
	readonly oversizeSkipped: number;
	readonly connections: number;
	/** Snapshots of the journal that were made deep on the stack. */
	readonly forcedSnapshots: number;
	/** Measures of an earlier boot that were in its flash. */
	readonly restoredMeasures: number;
}

/** In the order of host-sim/engine/put-status.ts, which writes them where the firmware runs. */
const STATUS: ReadonlyArray<keyof NodeStatus> = [
	"capacity",
	"used",
	"highWater",
	"evicted",
	"malformed",
	"waiting",
	"open",
	"delivered",
	"unconfirmed",
	"messages",
	"accepted",
	"missingValues",
	"commands",
	"refusedCommands",
	"refusedMessages",
	"droppedSamples",
	"publishesReceived",
	"oversizeSkipped",
	"connections",
	"forcedSnapshots",
	"restoredMeasures",
];

export function readStatus(content: readonly unknown[]): NodeStatus {
	return Object.fromEntries(STATUS.map((name, i) => [name, content[i]])) as unknown as NodeStatus;
}
