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
import { admit, isBootstrap, userOf } from "./admission.js";
import { Arguments, RowError } from "./arguments.js";
import { Bootstrap, type BootstrapOptions } from "./bootstrap.js";
import { Delivery, type DeliveryOptions, JSON_DOWN, ROWS_DOWN } from "./delivery.js";
import { Intake } from "./intake.js";
import { isJsonTopic, JSON_ERRORS, JsonTopics } from "./json-topics.js";
import type { Fragments, Operation } from "./operations.js";
import { operatorRoutes } from "./operator.js";
import type { RowContext } from "./row-context.js";
import { formatRow, parseRows, type Row } from "./rows.js";
import { carryOut } from "./templates.js";
import { Tenant, type TenantOptions } from "./tenant.js";
import { parseUpTopic } from "./up-topic.js";
import type { NewUser } from "./users.js";

export interface CumulocityOptions extends TenantOptions, BootstrapOptions, DeliveryOptions {
	/** Device users there are from the start. */
	users?: readonly NewUser[];
	/** Refuse SUBSCRIBE of operations before the device exists. */
	strict?: boolean;
	/** A tenant from before 2023: it knows neither 125 (heartbeat) nor 504 to 507 and 602. */
	older?: boolean;
}

const MAX_PACKET = 16184;
const REFUSED = 41;
const MALFORMED = 42;
const ERRORS = "s/e";
export class CumulocityStandIn implements StandIn {
	readonly maxPacketBytes = MAX_PACKET;
	readonly ordinaryBroker = false;
	readonly admitsPasswords = true;
	readonly tenant: Tenant;
	/** May be changed while running. */
	readonly options: CumulocityOptions;
	private readonly context: StandInContext;
	private readonly bootstrap: Bootstrap;
	private readonly delivery: Delivery;
	private readonly jsonTopics: JsonTopics;
	/** Devices that are connected to fetch credentials, and for nothing else. */
	private readonly bootstrapping = new Set<string>();
	private link: DeviceLink | undefined;

	constructor(context: StandInContext, options: CumulocityOptions = {}) {
		this.context = context;
		this.options = { ...options };
		this.tenant = new Tenant(context.report, options);
		this.bootstrap = new Bootstrap(this.tenant, this.options, context);
		this.jsonTopics = new JsonTopics(this.tenant);
		this.delivery = new Delivery(this.tenant, this.options, context, MAX_PACKET);
		for (const user of options.users ?? []) this.tenant.users.put(user);
		this.tenant.availability.start();
	}

	get values(): ValueStore {
		return this.tenant.values;
	}

	attach(link: DeviceLink): void {
		this.link = link;
		this.delivery.attach(link);
	}

	commonName(device: string): string {
		return device;
	}

	identityName(device: string): string {
		return device;
	}

	commandTopic(): string {
		return ROWS_DOWN;
	}

	admit(request: ConnectRequest): Admission {
		return admit(request, this.tenant, this.bootstrap.password);
	}

	connected(device: string, request: ConnectRequest): void {
		if (isBootstrap(request)) this.bootstrapping.add(device);
		const user = request.certified ? undefined : userOf(this.tenant.id, request.username);
		if (user !== undefined) this.tenant.requests.used(device, user);
	}

	disconnected(device: string): void {
		this.bootstrapping.delete(device);
	}

	refusesPublish(device: string, topic: string): string | undefined {
		return this.bootstrapping.has(device) ? this.bootstrap.refusesPublish(topic) : undefined;
	}

	allowsSubscribe(device: string, topic: string): boolean {
		if (this.bootstrapping.has(device)) return this.bootstrap.allowsSubscribe(topic);
		if (/[+#]/.test(topic)) return false;
		if (topic === ROWS_DOWN || topic === JSON_DOWN)
			return this.options.strict === false || this.tenant.inventory.devices.has(device);
		return topic === ERRORS || topic === JSON_ERRORS;
	}

	subscribed(device: string, topic: string): void {
		this.delivery.subscribed(device, topic);
	}

	receive(device: string, message: IncomingPublish): void {
		const { topic, payload } = message;
		if (this.bootstrapping.has(device)) return this.bootstrap.receive(device, payload, this.link);
		if (isJsonTopic(topic)) return this.json(device, message);
		const up = parseUpTopic(topic);
		if (!up) return this.fault(device, 40, "", `Nothing is expected on topic ${topic}`);
		const target = up.child ?? device;
		const { inventory } = this.tenant;
		if (inventory.devices.has(target) && inventory.rootOf(target) !== device) {
			return this.fault(device, REFUSED, "", `${target} is no child of this device`);
		}
		const context = this.rowContext(device, target, new Intake(this.tenant, up.mode));
		for (const row of parseRows(payload.toString("utf8"))) this.row(device, row, context);
	}

	/** Creates an operation, as an operator does, and sends it when the device is there to take it. */
	createOperation(device: string, fragments: Fragments): Operation {
		const operation = this.tenant.operations.create(device, fragments);
		this.delivery.created(operation);
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

	private json(device: string, message: IncomingPublish): void {
		const answer = this.jsonTopics.receive(device, message);
		if (answer === undefined) return;
		this.context.report({ kind: "error", device, text: answer });
		this.link?.send(device, JSON_ERRORS, answer);
	}

	private rowContext(device: string, target: string, intake: Intake): RowContext {
		const { inventory } = this.tenant;
		return {
			tenant: this.tenant,
			device: target,
			...(target !== device && { parent: device }),
			own: () => {
				// A child that nobody has created is one of the device that is connected.
				if (target === device) return inventory.ensure(device);
				return inventory.ensure(target, inventory.ensure(device).id);
			},
			intake,
			resend: () => this.delivery.push(target),
			reply: (...answer) => void this.link?.send(device, ROWS_DOWN, formatRow(answer, "backslash")),
			older: this.options.older ?? false,
		};
	}

	private row(device: string, row: Row, context: RowContext): void {
		const [id = "", ...columns] = row.columns;
		try {
			if (row.malformed) throw new RowError(MALFORMED, `Malformed row: ${row.malformed}`);
			carryOut(id, new Arguments(columns), context);
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
}
