// Stand-in for Cumulocity's MQTT side: client identifiers, topics, rows up and operations down.
import type { CommandOutcome } from "../events.js";
import type { Route } from "../http.js";
import type {
	Admission,
	ConnectRequest,
	DeviceLink,
	IncomingPublish,
	StandIn,
	StandInContext,
} from "../stand-in.js";
import type { ValueStore } from "../values.js";
import { Arguments, RowError } from "./arguments.js";
import { deviceIdentifier } from "./client-id.js";
import { operationRows } from "./operation-rows.js";
import type { Fragments, Operation } from "./operations.js";
import { operatorRoutes } from "./operator.js";
import { formatRow, parseRows, type Quoting, type Row } from "./rows.js";
import { carryOut } from "./templates.js";
import { type NewMeasurement, type SeriesNames, Tenant } from "./tenant.js";

export interface CumulocityOptions {
	/** How quotes inside a downward column are escaped. */
	quoting?: Quoting;
	/** Refuse SUBSCRIBE of s/ds before the device exists. */
	strict?: boolean;
	/** Do not push PENDING operations on SUBSCRIBE s/ds, so that the device has to ask with 500. */
	silentSubscribe?: boolean;
	/** A tenant from before 2023: it knows neither 125 (heartbeat) nor 507 and 602. */
	older?: boolean;
	/** Clock of the availability, ms since 1970. */
	now?: () => number;
	/** Put all rows that are due at one moment into one message. */
	multiRow?: boolean;
	/** What series are called here, by "fragment.series"; those of the default channels unless given. */
	series?: SeriesNames;
}

const MAX_PACKET = 16184;
const MALFORMED = 42;
const DOWN = "s/ds";
const ERRORS = "s/e";
/** Processing mode -> whether data is stored. */
const UP: ReadonlyMap<string, boolean> = new Map([
	["s/us", true],
	["q/us", true],
	["t/us", false],
	["c/us", false],
]);
const CODE = { protocol: 1, identifier: 2, notAuthorized: 5 };
/** A client identifier from this length on is refused on MQTT 3.1. */
const LONG_CLIENT_ID = 24;

export class CumulocityStandIn implements StandIn {
	readonly maxPacketBytes = MAX_PACKET;
	readonly ordinaryBroker = false;
	readonly tenant: Tenant;
	/** May be changed while running. */
	readonly options: CumulocityOptions;
	private readonly context: StandInContext;
	private link: DeviceLink | undefined;

	constructor(context: StandInContext, options: CumulocityOptions = {}) {
		this.context = context;
		this.options = { ...options };
		this.tenant = new Tenant(context.report, options.now ?? Date.now, options.series);
		this.tenant.availability.start();
	}

	get values(): ValueStore {
		return this.tenant.values;
	}

	attach(link: DeviceLink): void {
		this.link = link;
	}

	commonName(device: string): string {
		return device;
	}

	identityName(device: string): string {
		return device;
	}

	commandTopic(): string {
		return DOWN;
	}

	admit({ clientId, commonName, protocolLevel, cleanSession }: ConnectRequest): Admission {
		if (protocolLevel !== 3 && protocolLevel !== 4) {
			return { refuse: `protocol level ${protocolLevel}`, code: CODE.protocol };
		}
		if (clientId === "") return { refuse: "empty client identifier", code: CODE.identifier };
		const device = deviceIdentifier(clientId);
		if (device === undefined) return { refuse: "malformed client identifier", code: CODE.notAuthorized };
		if (device !== commonName) {
			return { refuse: "certificate name is not the device identifier", code: CODE.notAuthorized };
		}
		if (protocolLevel === 3 && clientId.length >= LONG_CLIENT_ID) {
			return { refuse: "client identifier too long for MQTT 3.1", code: CODE.notAuthorized };
		}
		if (cleanSession) return { device };
		return { device, warning: "clean session 0: nothing is kept, use 1" };
	}

	connected(): void {}

	disconnected(): void {}

	refusesPublish(): string | undefined {
		return undefined;
	}

	allowsSubscribe(device: string, topic: string): boolean {
		if (/[+#]/.test(topic)) return false;
		if (topic === DOWN) return this.options.strict === false || this.tenant.inventory.devices.has(device);
		return topic === ERRORS;
	}

	subscribed(device: string, topic: string): void {
		if (topic === DOWN && !this.options.silentSubscribe) this.push(device);
	}

	receive(device: string, { topic, payload }: IncomingPublish): void {
		const stores = UP.get(topic);
		if (stores === undefined) {
			this.fault(device, 40, "", `Nothing is expected on topic ${topic}`);
			return;
		}
		// Each PUBLISH with measurements counts once, however many rows it has.
		let publish = 0;
		const measure = (measurement: NewMeasurement): void => {
			publish ||= this.values.countPublish(device);
			if (stores) this.tenant.addMeasurement(measurement, publish);
		};
		for (const row of parseRows(payload.toString("utf8"))) this.row(device, row, stores, measure);
	}

	/** Creates an operation, as an operator does, and sends it when the device is there to take it. */
	createOperation(device: string, fragments: Fragments): Operation {
		const operation = this.tenant.operations.create(device, fragments);
		if (operationRows(operation).length === 0) {
			const text = `no static template for operation ${operation.id}: it stays PENDING`;
			this.context.report({ kind: "warning", device, text });
		}
		this.send(device, [operation]);
		return operation;
	}

	async issueCommand(device: string, text: string, timeout: number): Promise<CommandOutcome | undefined> {
		const operation = this.createOperation(device, { c8y_Command: { text } });
		const finished = (): boolean => operation.status === "SUCCESSFUL" || operation.status === "FAILED";
		const late = `device ${device} has not finished operation ${operation.id} in ${timeout} ms`;
		await this.context.signal.until(finished, timeout, late);
		const reason = operation.status === "FAILED" ? operation.failureReason : operation.result?.join(",");
		return { text, status: operation.status as CommandOutcome["status"], reason: reason ?? "" };
	}

	routes(): Route[] {
		return operatorRoutes(this);
	}

	close(): void {
		this.tenant.availability.stop();
	}

	private row(device: string, row: Row, stores: boolean, measure: (m: NewMeasurement) => void): void {
		const [id = "", ...columns] = row.columns;
		try {
			if (row.malformed) throw new RowError(MALFORMED, `Malformed row: ${row.malformed}`);
			const resend = (): void => this.push(device);
			const reply = (...answer: string[]): void =>
				void this.link?.send(device, DOWN, formatRow(answer, "backslash"));
			const older = this.options.older ?? false;
			carryOut(id, new Arguments(columns), {
				tenant: this.tenant,
				device,
				stores,
				measure,
				resend,
				reply,
				older,
			});
		} catch (error) {
			if (!(error instanceof RowError)) throw error;
			this.fault(device, error.code, id, error.message);
		}
	}

	private fault(device: string, code: number, id: string, text: string): void {
		const line = formatRow([String(code), id, text], "double");
		this.context.report({ kind: "error", device, text: line });
		this.link?.send(device, ERRORS, line);
	}

	private push(device: string): void {
		this.send(device, this.tenant.operations.select({ deviceId: device, status: "PENDING" }));
	}

	private send(device: string, operations: readonly Operation[]): void {
		const rows = operations.flatMap((operation) =>
			operationRows(operation).map((columns) => formatRow(columns, this.options.quoting ?? "backslash")),
		);
		if (rows.length === 0) return;
		const messages = this.options.multiRow ? [rows.join("\n")] : rows;
		for (const message of messages) this.link?.send(device, DOWN, message);
	}
}
