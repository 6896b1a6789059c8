// One connection that the broker has admitted, and the parts of aedes' client that its typings leave out.
import type { Client } from "aedes";

/** aedes keeps the granted QoS of each filter here. */
interface ClientInternals {
	subscriptions: Record<string, { qos: 0 | 1 | 2 } | undefined>;
}

export class LiveClient {
	readonly device: string;
	readonly client: Client;
	/** Resolves when the broker has finished with this connection, its will included. */
	readonly gone: Promise<void>;
	private finish: () => void = () => {};
	/** Payloads handed to this client directly, to tell them from forwarded ones. */
	private readonly direct = new WeakSet<object>();

	constructor(device: string, client: Client) {
		this.device = device;
		this.client = client;
		this.gone = new Promise((resolve) => {
			this.finish = resolve;
		});
	}

	markGone(): void {
		this.finish();
	}

	grantedQos(topic: string): 0 | 1 | 2 | undefined {
		const { subscriptions } = this.client as unknown as ClientInternals;
		// Of wildcards only the one that covers a topic and what is below it.
		return (subscriptions[topic] ?? subscriptions[`${topic}/#`])?.qos;
	}

	send(topic: string, text: string): boolean {
		const qos = this.grantedQos(topic);
		if (qos === undefined || this.client.closed) return false;
		const payload = Buffer.from(text);
		this.direct.add(payload);
		// The callback is not optional for aedes, and a write that fails ends the connection anyway.
		this.client.publish({ cmd: "publish", topic, payload, qos, dup: false, retain: false }, () => {});
		return true;
	}

	wasSentDirectly(payload: string | Buffer): boolean {
		return typeof payload === "object" && this.direct.has(payload);
	}
}
