// The part of the SDK's MQTT client that the benchmark uses.

declare module "sdk/mqttclient" {
	export default class MQTTClient {
		static readonly CONNACK: number;
		static readonly PUBACK: number;
		constructor(options: object);
		write(data: Uint8Array, options: { topic: string; QoS: number; id: number }): number;
		read(count: number): ArrayBuffer | undefined;
	}
}
