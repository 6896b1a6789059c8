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
import { Answers } from "./answers.js";
import { Bootstrap, type BootstrapOptions } from "./bootstrap.js";
import { defaultTemplate } from "./client-id.js";
import { Delivery, type DeliveryOptions, JSON_DOWN, ROWS_DOWN } from "./delivery.js";
import { isJsonTopic, JSON_ERRORS, JsonTopics } from "./json-topics.js";
import type { Fragments, Operation } from "./operations.js";
import { operatorRoutes } from "./operator.js";
import { ERRORS, REGISTERED, RowDesk, type RowDeskOptions } from "./row-desk.js";
import { Tenant, type TenantOptions } from "./tenant.js";
import type { NewUser } from "./users.js";

export interface CumulocityOptions extends TenantOptions, BootstrapOptions, DeliveryOptions, RowDeskOptions {
	/** Device users there are from the start. */
	users?: readonly NewUser[];
	/** Refuse SUBSCRIBE of operations before the device exists. */
	strict?: boolean;
}

const MAX_PACKET = 16184;
const NOT_AUTHORIZED = 5;
/** Operations of own templates come on these. */
const OWN_DOWN = /^s\/(dd|dc\/[^/+#]+)$/;

export class CumulocityStandIn implements StandIn {
	readonly maxPacketBytes = MAX_PACKET;
	readonly ordinaryBroker = false;
	readonly admitsPasswords = true;
	readonly tenant: Tenant;
	/** May be changed while running. */
	readonly options: CumulocityOptions;
	private readonly context: StandInContext;
	private readonly answers = new Answers();
	private readonly bootstrap: Bootstrap;
	private readonly delivery: Delivery;
	private readonly rowDesk: RowDesk;
	private readonly jsonTopics: JsonTopics;
	/** Devices that are connected to fetch credentials, and for nothing else. */
	private readonly bootstrapping = new Set<string>();
	/** The collections that connected devices have named in their client identifiers. */
	private readonly defaultXids = new Map<string, string>();
	private link: DeviceLink | undefined;

	constructor(context: StandInContext, options: CumulocityOptions = {}) {
		this.context = context;
		this.options = { ...options };
		this.tenant = new Tenant(context.report, options);
		this.bootstrap = new Bootstrap(this.tenant, this.options, context, this.answers);
		this.jsonTopics = new JsonTopics(this.tenant);
		this.delivery = new Delivery(this.tenant, this.options, context, MAX_PACKET, this.defaultXids);
		this.rowDesk = new RowDesk(this.tenant, this.options, this.delivery, context, this.answers);
		for (const user of options.users ?? []) this.tenant.users.put(user);
		this.tenant.availability.start();
	}

	get values(): ValueStore {
		return this.tenant.values;
	}

	attach(link: DeviceLink): void {
		this.link = link;
		this.delivery.attach(link);
		this.rowDesk.attach(link);
		this.tenant.trusted.changed = (authorities) => link.trust?.(authorities);
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
		const closed = isBootstrap(request)
			? this.bootstrap.refuses((this.options.now ?? Date.now)())
			: undefined;
		if (closed !== undefined) return { refuse: closed, code: NOT_AUTHORIZED };
		return admit(request, this.tenant, this.bootstrap.password);
	}

	connected(device: string, request: ConnectRequest): void {
		if (isBootstrap(request)) this.bootstrapping.add(device);
		const xid = defaultTemplate(request.clientId);
		if (xid !== undefined) this.defaultXids.set(device, xid);
		const user = request.certificate ? undefined : userOf(this.tenant.id, request.username);
		if (user !== undefined) this.tenant.requests.used(device, user);
	}

	disconnected(device: string): void {
		this.bootstrapping.delete(device);
		this.defaultXids.delete(device);
	}

	refusesPublish(device: string, topic: string): string | undefined {
		return this.bootstrapping.has(device) ? this.bootstrap.refusesPublish(topic) : undefined;
	}

	allowsSubscribe(device: string, topic: string): boolean {
		if (this.bootstrapping.has(device)) return this.bootstrap.allowsSubscribe(topic);
		if (/[+#]/.test(topic)) return false;
		if (topic === ROWS_DOWN || topic === JSON_DOWN || OWN_DOWN.test(topic))
			return this.options.strict === false || this.tenant.inventory.devices.has(device);
		return topic === ERRORS || topic === JSON_ERRORS || topic === REGISTERED;
	}

	subscribed(device: string, topic: string): void {
		this.delivery.subscribed(device, topic);
	}

	receive(device: string, message: IncomingPublish): void {
		const { topic, payload } = message;
		if (this.bootstrapping.has(device)) return this.bootstrap.receive(device, payload, this.link);
		if (isJsonTopic(topic)) return this.json(device, message);
		this.rowDesk.receive(device, message, this.defaultXids.get(device));
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
		this.answers.close();
	}

	private json(device: string, message: IncomingPublish): void {
		const answer = this.jsonTopics.receive(device, message);
		if (answer === undefined) return;
		this.context.report({ kind: "error", device, text: answer });
		this.link?.send(device, JSON_ERRORS, answer);
	}
}
