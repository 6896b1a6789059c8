// An embedded cloud as a whole: broker, stand-in and operator interface behind one facade.

import { EmbeddedBroker } from "./broker.js";
import { CumulocityStandIn } from "./cumulocity/stand-in.js";
import type { CloudEvent, CommandOutcome, StoredValue } from "./events.js";
import { OperatorServer } from "./http.js";
import { type DeviceIdentity, type Identities, openIdentities } from "./identities.js";
import { PlainStandIn } from "./plain/stand-in.js";
import { SapStandIn } from "./sap/stand-in.js";
import { Signal } from "./signal.js";
import type { StandIn } from "./stand-in.js";
import { type CloudName, makeStandIn, type StandInOptions } from "./stand-ins.js";

export type { CloudEvent, CommandOutcome, StoredValue } from "./events.js";
export { type CloudName, hasStandIn } from "./stand-ins.js";

export interface EmbeddedCloudOptions extends StandInOptions {
	cloud: CloudName;
	identitiesFolder: string;
	/** Of the broker; 0 or nothing = any free one. */
	port?: number;
	/** Whether devices may come over a WebSocket too: true = on any free port, or the port. */
	webSocket?: boolean | number;
	/** Of the operator interface; 0 or nothing = any free one. */
	httpPort?: number;
	onEvent?: (event: CloudEvent) => void;
}

const PATIENCE = 30_000;

export class EmbeddedCloud {
	readonly cloud: CloudName;
	readonly identities: Identities;
	readonly standIn: StandIn;
	onEvent: ((event: CloudEvent) => void) | undefined;
	private readonly broker: EmbeddedBroker;
	private readonly operator: OperatorServer;
	private readonly signal = new Signal();

	static async start(options: EmbeddedCloudOptions): Promise<EmbeddedCloud> {
		const identities = await openIdentities(options.identitiesFolder);
		const cloud = new EmbeddedCloud(options, identities);
		try {
			await cloud.broker.start();
			await cloud.operator.start(options.httpPort ?? 0);
		} catch (error) {
			await cloud.close();
			throw error;
		}
		return cloud;
	}

	private constructor(options: EmbeddedCloudOptions, identities: Identities) {
		this.cloud = options.cloud;
		this.identities = identities;
		this.onEvent = options.onEvent;
		const report = (event: CloudEvent): void => {
			this.onEvent?.(event);
			this.signal.changed();
		};
		this.standIn = makeStandIn(options.cloud, { report, signal: this.signal, identities }, options);
		const { standIn } = this;
		const { port = 0, webSocket = false } = options;
		this.broker = new EmbeddedBroker({ policy: standIn, identities, report, port, webSocket });
		this.operator = new OperatorServer(standIn.routes());
	}

	/** mqtts://localhost:<port> */
	get brokerUrl(): string {
		return this.broker.url;
	}

	get operatorUrl(): string {
		return this.operator.url;
	}

	/** Of the broker. */
	get port(): number {
		return this.broker.port;
	}

	/** 0 where there is no WebSocket. */
	get webSocketPort(): number {
		return this.broker.webSocketPort;
	}

	/** wss://localhost:<port>/mqtt; undefined where there is no WebSocket. */
	get webSocketUrl(): string | undefined {
		return this.broker.webSocketUrl;
	}

	/** The stand-in itself, for what only this cloud has (operations, options, faults). */
	get cumulocity(): CumulocityStandIn {
		if (this.standIn instanceof CumulocityStandIn) return this.standIn;
		throw new Error(`the embedded cloud is ${this.cloud}, not cumulocity`);
	}

	get sap(): SapStandIn {
		if (this.standIn instanceof SapStandIn) return this.standIn;
		throw new Error(`the embedded cloud is ${this.cloud}, not sap`);
	}

	get plain(): PlainStandIn {
		if (this.standIn instanceof PlainStandIn) return this.standIn;
		throw new Error(`the embedded cloud is ${this.cloud}, not plain`);
	}

	/** The common name a device's certificate needs in this cloud. */
	commonName(device: string): string {
		return this.standIn.commonName(device);
	}

	device(device: string): Promise<DeviceIdentity> {
		return this.identities.device(this.standIn.identityName(device), this.commonName(device));
	}

	/** Every value stored, in order of arrival; one that came twice is there twice. */
	stored(device: string): readonly StoredValue[] {
		return this.standIn.values.of(device);
	}

	/** Distinct sample times of which anything is stored. */
	samples(device: string): number {
		return this.standIn.values.samples(device);
	}

	completeSamples(device: string): number {
		return this.standIn.values.completeSamples(device);
	}

	duplicates(device: string): number {
		return this.standIn.values.duplicates(device);
	}

	/** PUBLISH packets of the device that carried measures. */
	measurePublishes(device: string): number {
		return this.standIn.values.publishCount(device);
	}

	/**
	 * Gives the device a command once it is subscribed, and resolves with its outcome; with undefined where the
	 * cloud knows no answer. `timeout` holds for the subscription and again for the answer.
	 */
	async sendCommand(device: string, text: string, timeout = PATIENCE): Promise<CommandOutcome | undefined> {
		const topic = this.standIn.commandTopic(device);
		const absent = `device ${device} has not subscribed ${topic} in ${timeout} ms`;
		await this.signal.until(() => this.broker.subscribed(device, topic), timeout, absent);
		return this.standIn.issueCommand(device, text, timeout);
	}

	connected(device: string): boolean {
		return this.broker.connected(device);
	}

	subscribed(device: string, topic = this.standIn.commandTopic(device)): boolean {
		return this.broker.subscribed(device, topic);
	}

	whenConnected(device: string): Promise<void> {
		return this.signal.until(() => this.connected(device));
	}

	/** Resolves after all of the device's messages, its will included, have been processed. */
	whenDisconnected(device: string): Promise<void> {
		return this.signal.until(() => !this.connected(device));
	}

	/** Resolves when a condition over this cloud's state holds; looked at after every event. */
	when(condition: () => boolean, timeout = PATIENCE, message = "waited too long"): Promise<void> {
		return this.signal.until(condition, timeout, message);
	}

	/** Ends one device's connection without warning. */
	dropConnection(device: string): void {
		this.broker.drop(device);
	}

	async stopBroker(): Promise<void> {
		await this.broker.stop();
	}

	/** On the same port as before. */
	async startBroker(): Promise<void> {
		await this.broker.start();
	}

	async close(): Promise<void> {
		this.standIn.close();
		await this.broker.stop();
		await this.operator.stop();
		this.signal.close("the embedded cloud was closed");
	}
}
