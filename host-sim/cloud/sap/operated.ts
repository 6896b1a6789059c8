// What the operator's side asks of the SAP IoT stand-in.
import type { Certificates } from "./certificates.js";
import type { Capability, SapDevice, Sensor } from "./entities.js";
import type { Login } from "./login.js";
import type { DeviceModel } from "./model.js";

export interface StoredSample {
	/** Its alternate id. */
	device: string;
	sensorAlternateId: string;
	capability: Capability;
	time: number;
	arrived: number;
	measure: Record<string, unknown>;
}

export interface Operated {
	readonly model: DeviceModel;
	readonly samples: readonly StoredSample[];
	readonly login: Login;
	readonly certificates: Certificates;
	commonName(device: string): string;
	isOnline(device: string): boolean;
	sendToDevice(
		device: SapDevice,
		sensor: Sensor,
		capability: Capability,
		command: Record<string, unknown>,
	): unknown;
}
