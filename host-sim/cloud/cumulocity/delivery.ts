// Brings operations down to a device, in every form it has subscribed to.
import type { DeviceLink, StandInContext } from "../stand-in.js";
import { operationDocument, packDocuments } from "./notifications.js";
import { operationRows } from "./operation-rows.js";
import type { Operation } from "./operations.js";
import { responseRows } from "./own-responses.js";
import type { OwnCollection } from "./own-templates.js";
import { formatRow, type Quoting } from "./rows.js";
import type { Tenant } from "./tenant.js";
import { showOperation } from "./views.js";

export interface DeliveryOptions {
	/** How quotes inside a downward column are escaped. */
	quoting?: Quoting;
	/** Put all rows that are due at one moment into one message. */
	multiRow?: boolean;
	/** Do not push PENDING operations on SUBSCRIBE, so that the device has to ask with 500. */
	silentSubscribe?: boolean;
	/** Send an operation's JSON before its row; after it unless set. */
	jsonFirst?: boolean;
	/** A form of new operations that gets lost on the way, as if nobody had subscribed to it. */
	lose?: "rows" | "json";
	/** New operations that come twice, as after a hiccup of the platform. */
	repeat?: "children" | "all";
}

export const ROWS_DOWN = "s/ds";
export const JSON_DOWN = "devicecontrol/notifications";

const DEFAULT_DOWN = "s/dd";

/** Whether operations are to be sent on this topic. */
type Wanted = (topic: string) => boolean;

function ownRows(collection: OwnCollection, operation: Operation): string[][] {
	return responseRows(collection, showOperation(operation), [operation.deviceId]);
}

export class Delivery {
	private readonly tenant: Tenant;
	/** May be changed while running. */
	private readonly options: DeliveryOptions;
	private readonly context: StandInContext;
	private readonly maxPacketBytes: number;
	/** The collections that connected devices have named in their client identifiers. */
	private readonly defaultXids: ReadonlyMap<string, string>;
	private link: DeviceLink | undefined;

	constructor(
		tenant: Tenant,
		options: DeliveryOptions,
		context: StandInContext,
		maxPacketBytes: number,
		defaultXids: ReadonlyMap<string, string>,
	) {
		this.defaultXids = defaultXids;
		this.tenant = tenant;
		this.options = options;
		this.context = context;
		this.maxPacketBytes = maxPacketBytes;
	}

	attach(link: DeviceLink): void {
		this.link = link;
	}

	/** A new operation, in all forms but one that is to be lost. */
	created(operation: Operation): void {
		if (this.rowsOf(operation).length === 0) {
			const text = `no static template for operation ${operation.id}: it comes as JSON, or by own templates`;
			this.context.report({ kind: "warning", device: operation.deviceId, text });
		}
		const { lose, repeat } = this.options;
		const wanted: Wanted = (topic) => lose !== (topic === JSON_DOWN ? "json" : "rows");
		const root = this.tenant.inventory.rootOf(operation.deviceId);
		this.send(root, [operation], wanted);
		if (repeat === "all" || (repeat === "children" && root !== operation.deviceId)) {
			this.send(root, [operation], wanted);
		}
	}

	/** The device has subscribed to this topic: what is PENDING comes on it. */
	subscribed(device: string, subscribed: string): void {
		if (!this.options.silentSubscribe) this.push(device, (topic) => topic === subscribed);
	}

	/** Sends again what is PENDING for the device and its children. */
	push(device: string, wanted: Wanted = () => true): void {
		const { inventory, operations } = this.tenant;
		const family = inventory.family(device);
		const pending = operations.select({ status: "PENDING" }).filter(({ deviceId }) => family.has(deviceId));
		this.send(inventory.rootOf(device), pending, wanted);
	}

	/** To the device that is connected for those the operations are for. */
	private send(device: string, operations: readonly Operation[], wanted: Wanted): void {
		const rows = (): void => {
			if (wanted(ROWS_DOWN)) this.sendRows(device, ROWS_DOWN, operations, (one) => this.rowsOf(one));
			for (const [topic, collection] of this.ownForms(device)) {
				if (wanted(topic)) this.sendRows(device, topic, operations, (one) => ownRows(collection, one));
			}
		};
		if (!this.options.jsonFirst) rows();
		if (wanted(JSON_DOWN)) this.sendDocuments(device, operations);
		if (this.options.jsonFirst) rows();
	}

	/** Topics of own templates that the device may have subscribed to. */
	private ownForms(device: string): [topic: string, collection: OwnCollection][] {
		const { ownTemplates } = this.tenant;
		const standard = ownTemplates.get(this.defaultXids.get(device) ?? "");
		const forms = ownTemplates.list().map((one): [string, OwnCollection] => [`s/dc/${one.xid}`, one]);
		return standard ? [...forms, [DEFAULT_DOWN, standard]] : forms;
	}

	private rowsOf(operation: Operation): string[][] {
		const { fragments = {} } = this.tenant.inventory.devices.get(operation.deviceId) ?? {};
		return operationRows(operation, Object.hasOwn(fragments, "c8y_SupportedSoftwareTypes"));
	}

	private sendRows(
		device: string,
		topic: string,
		operations: readonly Operation[],
		rowsOf: (operation: Operation) => string[][],
	): void {
		const rows = operations.flatMap((operation) =>
			rowsOf(operation).map((columns) => formatRow(columns, this.options.quoting ?? "backslash")),
		);
		if (rows.length === 0) return;
		const messages = this.options.multiRow ? [rows.join("\n")] : rows;
		for (const message of messages) this.link?.send(device, topic, message);
	}

	private sendDocuments(device: string, operations: readonly Operation[]): void {
		const { devices } = this.tenant.inventory;
		const documents = operations.flatMap((operation) => {
			const target = devices.get(operation.deviceId);
			return target ? [operationDocument(operation, target)] : [];
		});
		const { messages, tooLarge } = packDocuments(documents, JSON_DOWN, this.maxPacketBytes);
		for (const message of messages) this.link?.send(device, JSON_DOWN, message);
		if (tooLarge === 0) return;
		const text = `${tooLarge} operations are too large for a message on ${JSON_DOWN}`;
		this.context.report({ kind: "warning", device, text });
	}
}
