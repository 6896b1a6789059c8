// Stand-in for SAP IoT's MQTT gateway: measures up, acknowledgements and commands down.

import { parseJson } from "../bounded-json.js";
import type { CommandOutcome } from "../events.js";
import { remember } from "../history.js";
import type { Route } from "../http.js";
import type {
	Admission,
	ConnectRequest,
	DeviceLink,
	IncomingPublish,
	StandIn,
	StandInContext,
} from "../stand-in.js";
import { ValueStore } from "../values.js";
import { type Ack, type AckFaults, type AckShape, ackPayloads } from "./acks.js";
import { Certificates } from "./certificates.js";
import { commandOf, commandPayload } from "./commands.js";
import { DEFAULT_MODEL, type SapModel } from "./default-model.js";
import type { Capability, SapDevice, Sensor } from "./entities.js";
import { DEFAULT_LOGIN, Login, type SapLogin } from "./login.js";
import { type MeasureMessage, readMeasures } from "./measures.js";
import { DeviceModel } from "./model.js";
import { ModelError } from "./model-error.js";
import type { StoredSample } from "./operated.js";
import { operatorRoutes } from "./operator.js";

export interface SapOptions {
	model?: SapModel;
	ackShape?: AckShape;
	faults?: AckFaults;
	/** Keep a command for an absent device until it subscribes; otherwise it is lost. */
	keepCommands?: boolean;
	/** DEFAULT_LOGIN unless given. */
	login?: SapLogin;
}

const MAX_PACKET = 256 * 1024;
const SERVER_UNAVAILABLE = 3;
const ACCEPTED = 202;
const BAD_REQUEST = 400;
const INTERNAL = 500;
/** Commands kept for a device; the oldest gives way. */
const MOST_KEPT = 100;
const CN = /^deviceAlternateId:(?<alternateId>[^|]+)\|gatewayId:\d+\|tenantId:[^|]+\|instanceId:[^|]+$/;

export class SapStandIn implements StandIn {
	readonly maxPacketBytes = MAX_PACKET;
	readonly ordinaryBroker = false;
	readonly admitsPasswords = false;
	readonly values: ValueStore;
	readonly model: DeviceModel;
	readonly samples: StoredSample[] = [];
	readonly login: Login;
	readonly certificates: Certificates;
	/** May be changed while running. */
	readonly faults: AckFaults;
	ackShape: AckShape;
	private readonly keepCommands: boolean;
	private readonly kept = new Map<string, string[]>();
	private readonly context: StandInContext;
	private link: DeviceLink | undefined;
	private readonly timers = new Set<NodeJS.Timeout>();

	constructor(context: StandInContext, options: SapOptions = {}) {
		this.context = context;
		this.values = new ValueStore(context.report);
		this.model = new DeviceModel(options.model ?? DEFAULT_MODEL);
		this.faults = options.faults ?? {};
		this.ackShape = options.ackShape ?? "array";
		this.keepCommands = options.keepCommands ?? false;
		this.login = new Login(options.login ?? DEFAULT_LOGIN);
		this.certificates = new Certificates((commonName) => context.identities.issue(commonName));
	}

	attach(link: DeviceLink): void {
		this.link = link;
	}

	commonName(device: string): string {
		if (device.includes("|")) throw new Error(`the device name ${JSON.stringify(device)} contains a bar`);
		return `deviceAlternateId:${device}|gatewayId:2|tenantId:1|instanceId:mote`;
	}

	identityName(device: string): string {
		return `${device}.sap`;
	}

	commandTopic(device: string): string {
		return `commands/${device}`;
	}

	admit({ clientId, commonName, protocolLevel }: ConnectRequest): Admission {
		if (protocolLevel !== 3 && protocolLevel !== 4)
			return { refuse: `protocol level ${protocolLevel}`, code: 1 };
		if (CN.exec(commonName)?.groups?.alternateId !== clientId || clientId === "") {
			return { refuse: "certificate is not this device's", code: SERVER_UNAVAILABLE };
		}
		return { device: clientId };
	}

	connected(device: string): void {
		this.model.ensure(device);
	}

	disconnected(): void {}

	refusesPublish(device: string, topic: string): string | undefined {
		return topic === `measures/${device}` ? undefined : `publish to ${topic} is not allowed`;
	}

	allowsSubscribe(device: string, topic: string): boolean {
		return topic === `ack/${device}` || topic === `commands/${device}`;
	}

	subscribed(device: string, topic: string): void {
		if (topic !== this.commandTopic(device)) return;
		const kept = this.kept.get(device) ?? [];
		this.kept.delete(device);
		for (const command of kept) this.link?.send(device, topic, command);
	}

	receive(device: string, { payload }: IncomingPublish): void {
		let parsed: unknown;
		try {
			parsed = parseJson(payload.toString("utf8"));
		} catch {
			this.acknowledge(device, [this.refused(device, BAD_REQUEST, "the payload is not JSON", {})]);
			return;
		}
		// Each PUBLISH with measures counts once, however many messages it batches.
		let publish = 0;
		const numbered = (): number => {
			publish ||= this.values.countPublish(device);
			return publish;
		};
		const messages = Array.isArray(parsed) ? parsed : [parsed];
		this.acknowledge(
			device,
			messages.map((message) => this.message(device, message, numbered)),
		);
	}

	/** Sends a command; false when the device was not there to take it. */
	sendToDevice(
		device: SapDevice,
		sensor: Sensor,
		capability: Capability,
		command: Record<string, unknown>,
	): boolean {
		const payload = commandPayload(sensor, capability, command);
		const { alternateId } = device;
		if (this.link?.send(alternateId, this.commandTopic(alternateId), payload)) return true;
		const kept = [...(this.kept.get(alternateId) ?? []), payload];
		if (this.keepCommands) this.kept.set(alternateId, kept.slice(-MOST_KEPT));
		this.context.report({ kind: "warning", device: alternateId, text: "command for an absent device" });
		return false;
	}

	async issueCommand(device: string, text: string): Promise<CommandOutcome | undefined> {
		const target = this.model.ensure(device);
		const [pair] = target.sensors.flatMap((sensor) =>
			this.model.capabilitiesOf(sensor.sensorTypeId, "command").map((capability) => ({ sensor, capability })),
		);
		if (!pair) throw new Error(`device ${device} has no sensor that takes commands`);
		const sent = this.sendToDevice(target, pair.sensor, pair.capability, commandOf(text));
		if (!sent) throw new Error(`device ${device} left before the command was sent`);
		return undefined;
	}

	isOnline(device: string): boolean {
		return this.link?.connected(device) ?? false;
	}

	routes(): Route[] {
		return operatorRoutes(this);
	}

	close(): void {
		for (const timer of this.timers) clearTimeout(timer);
		this.timers.clear();
	}

	private message(device: string, message: unknown, publish: () => number): Ack {
		if ((this.faults.refuse ?? 0) > 0) {
			this.faults.refuse = (this.faults.refuse ?? 0) - 1;
			return this.refused(device, this.faults.refuseCode ?? INTERNAL, "refused", message);
		}
		try {
			const measures = readMeasures(message, this.model.ensure(device), this.model);
			this.store(device, measures, publish());
			return { code: ACCEPTED, messages: [], ...identified(message) };
		} catch (error) {
			if (!(error instanceof ModelError)) throw error;
			return this.refused(device, BAD_REQUEST, error.message, message);
		}
	}

	private refused(device: string, code: number, reason: string, message: unknown): Ack {
		this.context.report({ kind: "error", device, text: `${code} ${reason}` });
		return { code, messages: [reason], ...identified(message) };
	}

	private store(
		device: string,
		{ capability, sensorAlternateId, samples }: MeasureMessage,
		publish: number,
	): void {
		for (const { time, values } of samples) {
			const measure = Object.fromEntries(values.map(({ property, value }) => [property, value]));
			remember(this.samples, { device, sensorAlternateId, capability, time, arrived: Date.now(), measure });
			for (const { property: series, unit, value, text } of values) {
				// The time of the sample is no series, and text has no number to compare.
				if (typeof value === "string" || isDate(capability, series)) continue;
				this.values.add(device, publish, { series, value: Number(value), text, unit, time });
			}
		}
	}

	private acknowledge(device: string, acks: readonly Ack[]): void {
		if ((this.faults.dropAcks ?? 0) > 0) {
			this.faults.dropAcks = (this.faults.dropAcks ?? 0) - 1;
			return;
		}
		const send = (): void => {
			for (const payload of ackPayloads(acks, this.ackShape))
				this.link?.send(device, `ack/${device}`, payload);
		};
		if (!this.faults.ackDelay) {
			send();
			return;
		}
		const timer = setTimeout(() => {
			this.timers.delete(timer);
			send();
		}, this.faults.ackDelay);
		this.timers.add(timer);
	}
}

function isDate(capability: Capability, name: string): boolean {
	return capability.properties.some((property) => property.name === name && property.dataType === "date");
}

function identified(message: unknown): Pick<Ack, "id" | "capabilityAlternateId" | "sensorAlternateId"> {
	if (typeof message !== "object" || message === null) return {};
	const {
		measureMessageId: id,
		capabilityAlternateId,
		sensorAlternateId,
	} = message as Record<string, unknown>;
	return { id, capabilityAlternateId, sensorAlternateId };
}
