// What the embedded broker asks of a cloud's stand-in, and what it offers to it.
import type { X509Certificate } from "node:crypto";
import type { CommandOutcome, ReportEvent } from "./events.js";
import type { Route } from "./http.js";
import type { Identities } from "./identities.js";
import type { Signal } from "./signal.js";
import type { ValueStore } from "./values.js";

export interface ConnectRequest {
	clientId: string;
	/** What the client has shown, if an authority that is trusted here signed it. */
	certificate: X509Certificate | undefined;
	/** Common name of that certificate. */
	commonName: string;
	/** Empty when the client gave none. */
	username: string;
	/** Empty when the client gave none, and for everything after the admission. */
	password: string;
	/** 3 = MQTT 3.1, 4 = MQTT 3.1.1, 5 = MQTT 5. */
	protocolLevel: number;
	cleanSession: boolean;
}

export type Admission =
	| { device: string; warning?: string }
	/** `code` is the CONNACK return code. */
	| { refuse: string; code: number };

export interface IncomingPublish {
	topic: string;
	payload: Buffer;
	qos: number;
	retain: boolean;
	/** The packet identifier, at QoS 1 and 2. */
	messageId?: number;
}

/** The broker as a stand-in sees it. */
export interface DeviceLink {
	connected(device: string): boolean;
	subscribed(device: string, topic: string): boolean;
	/**
	 * Sends to this one device, at the QoS it subscribed with; false when it is not there or not subscribed.
	 * `shown` is what is reported of a payload that holds a secret.
	 */
	send(device: string, topic: string, payload: string, shown?: string): boolean;
	/**
	 * From the next client on, takes certificates of these authorities (PEM) too, and of no others but its
	 * own. Nothing where there is no TLS.
	 */
	trust?(authorities: readonly string[]): void;
}

/** The rules of one cloud for connections, topics and messages. */
export interface BrokerPolicy {
	/** Largest MQTT packet, fixed header included. */
	readonly maxPacketBytes: number;
	/** Whether messages travel between clients, are retained, and sessions outlive connections. */
	readonly ordinaryBroker: boolean;
	/** Whether a client may come without a certificate, with a user and a password. */
	readonly admitsPasswords: boolean;
	attach(link: DeviceLink): void;
	admit(request: ConnectRequest): Admission;
	connected(device: string, request: ConnectRequest): void;
	disconnected(device: string): void;
	/** Why a publish to this topic ends the connection; undefined when it does not. */
	refusesPublish(device: string, topic: string): string | undefined;
	allowsSubscribe(device: string, topic: string): boolean;
	/** After the SUBACK. */
	subscribed(device: string, topic: string): void;
	/** One message; has been processed when this returns. */
	receive(device: string, message: IncomingPublish): void;
}

/** A whole cloud: rules, memory and operator interface. */
export interface StandIn extends BrokerPolicy {
	readonly values: ValueStore;
	commonName(device: string): string;
	/** Name under which a device's identity is kept, where one device has another certificate per cloud. */
	identityName(device: string): string;
	/** The topic a device has to subscribe before it can be given commands. */
	commandTopic(device: string): string;
	issueCommand(device: string, text: string, timeout: number): Promise<CommandOutcome | undefined>;
	routes(): Route[];
	close(): void;
}

/** What every stand-in is given by its owner. */
export interface StandInContext {
	report: ReportEvent;
	/** Fired by the owner after every event. */
	signal: Signal;
	/** Where a cloud hands out certificates of its own. */
	identities: Pick<Identities, "issue">;
}
