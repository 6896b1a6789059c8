// A recorder on an ordinary MQTT broker: keeps a device's measures and statuses, sends commands, awaits
// results.

import type { CommandOutcome } from "../events.js";
import { remember } from "../history.js";
import { HttpError, objectBody, type Route } from "../http.js";
import type {
	Admission,
	ConnectRequest,
	DeviceLink,
	IncomingPublish,
	StandIn,
	StandInContext,
} from "../stand-in.js";
import { ValueStore } from "../values.js";
import { type Measure, MessageError, readMeasure, readReport, type Told } from "./messages.js";

interface SentCommand {
	text: string;
	outcome?: CommandOutcome;
}

interface PlainDevice {
	id: string;
	/** Latest payload on its status topic. */
	status: string;
	/** Latest payload on its health topic. */
	health: string;
	measures: Measure[];
	results: CommandOutcome[];
	/** Alarms and events, oldest first. */
	told: Told[];
	/** Commands without an outcome yet, oldest first. */
	waiting: SentCommand[];
}

const MAX_PACKET = 256 * 1024;
const NOT_AUTHORIZED = 5;
const OWN_TOPIC = /^mote\/([^/]+)\/(measures|results|status|health)$/;

export class PlainStandIn implements StandIn {
	readonly maxPacketBytes = MAX_PACKET;
	readonly ordinaryBroker = true;
	readonly admitsPasswords = false;
	readonly values: ValueStore;
	readonly devices = new Map<string, PlainDevice>();
	private readonly context: StandInContext;
	private link: DeviceLink | undefined;

	constructor(context: StandInContext) {
		this.context = context;
		this.values = new ValueStore(context.report);
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

	commandTopic(device: string): string {
		return `mote/${device}/commands`;
	}

	admit({ clientId, commonName, protocolLevel }: ConnectRequest): Admission {
		if (protocolLevel !== 3 && protocolLevel !== 4)
			return { refuse: `protocol level ${protocolLevel}`, code: 1 };
		if (clientId === commonName && clientId !== "") return { device: clientId };
		return { refuse: "certificate name is not the client identifier", code: NOT_AUTHORIZED };
	}

	connected(): void {}

	disconnected(): void {}

	refusesPublish(device: string, topic: string): string | undefined {
		const owner = /^mote\/([^/]+)\//.exec(topic)?.[1];
		return owner === undefined || owner === device ? undefined : `topic ${topic} belongs to another device`;
	}

	allowsSubscribe(): boolean {
		return true;
	}

	subscribed(): void {}

	receive(id: string, { topic, payload }: IncomingPublish): void {
		const kind = OWN_TOPIC.exec(topic)?.[2];
		if (kind === undefined) return;
		const device = this.ensure(id);
		const text = payload.toString("utf8");
		try {
			if (kind === "status") device.status = text;
			else if (kind === "health") device.health = text;
			else if (kind === "measures") this.measured(device, readMeasure(text));
			else this.reported(device, readReport(text));
		} catch (error) {
			if (!(error instanceof MessageError)) throw error;
			this.context.report({ kind: "error", device: id, text: `${topic}: ${error.message}` });
		}
	}

	async issueCommand(id: string, text: string, timeout: number): Promise<CommandOutcome | undefined> {
		const device = this.ensure(id);
		const command: SentCommand = { text };
		device.waiting.push(command);
		try {
			if (!this.link?.send(id, this.commandTopic(id), text)) {
				throw new Error(`device ${id} left before the command was sent`);
			}
			const late = `device ${id} has not answered the command ${JSON.stringify(text)} in ${timeout} ms`;
			await this.context.signal.until(() => command.outcome !== undefined, timeout, late);
		} catch (error) {
			device.waiting = device.waiting.filter((other) => other !== command);
			throw error;
		}
		return command.outcome;
	}

	routes(): Route[] {
		const known = (id: string): PlainDevice => {
			const device = this.devices.get(id);
			if (!device) throw new HttpError(404, "notFound", `there is no device ${id}`);
			return device;
		};
		const online = (id: string): boolean => this.link?.connected(id) ?? false;
		return [
			{
				method: "GET",
				path: /^\/devices$/,
				answer: () => ({
					body: [...this.devices.values()].map(({ id, status, health }) => ({
						...{ id, status, online: online(id) },
						...(health === "" ? {} : { health }),
					})),
				}),
			},
			{
				method: "GET",
				path: /^\/devices\/(?<id>[^/]+)\/measures$/,
				answer: ({ params }) => ({
					body: known(params.id ?? "").measures.map(({ time, values }) => ({
						time: new Date(time).toISOString(),
						...Object.fromEntries(values),
					})),
				}),
			},
			{
				method: "GET",
				path: /^\/devices\/(?<id>[^/]+)\/results$/,
				answer: ({ params }) => ({ body: known(params.id ?? "").results }),
			},
			{
				method: "GET",
				path: /^\/devices\/(?<id>[^/]+)\/told$/,
				answer: ({ params }) => ({ body: known(params.id ?? "").told }),
			},
			{
				method: "POST",
				path: /^\/devices\/(?<id>[^/]+)\/commands$/,
				answer: ({ params, body }) => {
					const { id } = known(params.id ?? "");
					const { text } = objectBody(body);
					if (typeof text !== "string" || text === "")
						throw new HttpError(400, "badRequest", "text is missing");
					if (!this.link?.send(id, this.commandTopic(id), text)) {
						throw new HttpError(409, "conflict", `device ${id} is not subscribed`);
					}
					return { status: 202, body: { text } };
				},
			},
		];
	}

	close(): void {}

	private ensure(id: string): PlainDevice {
		const known = this.devices.get(id);
		if (known) return known;
		const device: PlainDevice = {
			id,
			status: "",
			health: "",
			measures: [],
			results: [],
			told: [],
			waiting: [],
		};
		this.devices.set(id, device);
		return device;
	}

	private measured(device: PlainDevice, measure: Measure): void {
		remember(device.measures, measure);
		const publish = this.values.countPublish(device.id);
		for (const [series, value] of measure.values) {
			const { time } = measure;
			this.values.add(device.id, publish, { series, value, text: String(value), unit: "", time });
		}
	}

	private reported(device: PlainDevice, report: CommandOutcome | Told): void {
		if ("kind" in report) remember(device.told, report);
		else this.finished(device, report);
	}

	private finished(device: PlainDevice, outcome: CommandOutcome): void {
		remember(device.results, outcome);
		const { id } = device;
		const { text, status, reason } = outcome;
		const command = device.waiting.find((waiting) => waiting.text === text);
		if (command) {
			command.outcome = outcome;
			device.waiting = device.waiting.filter((waiting) => waiting !== command);
		}
		const number = String(device.results.length);
		this.context.report({ kind: "operation", id: number, device: id, status, fragment: text, reason });
	}
}
