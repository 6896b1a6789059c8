// A device of several sensors: each has channels of its own, and its records travel under its name.

import type { Channel } from "../../core/channels.js";
import type { RouteShape } from "../../outbox/lane.js";
import type { Portion } from "../cloud.js";
import type { JsonScanner } from "../json.js";
import { placesLeft, placesOf } from "../portions.js";
import { utf8 } from "../text.js";
import { SapMeasures } from "./measures.js";
import { type SapSettings, sensorId } from "./settings.js";

export class SapSensors {
	/** Of the sensors that have channels, in the order of routes. */
	readonly portions: readonly Portion[];
	/** Largest sample of one of them, bytes. */
	readonly recordBytes: number;
	/** What `sap.sensor` sends; its route is the first. */
	readonly first: SapMeasures;
	/** The routes of the others. */
	readonly others: readonly RouteShape[];
	private readonly ids: readonly Uint8Array[];
	private readonly capabilities: readonly Uint8Array[];

	/** All of `topic`. */
	constructor({ sap, sensors, channels }: SapSettings, topic: Uint8Array, idPrefix: string) {
		const portions: Portion[] = [];
		const others: RouteShape[] = [];
		const ids: Uint8Array[] = [];
		const capabilities: Uint8Array[] = [];
		let recordBytes = 0;
		const encoderOf = (route: number, places: number[], sensor: string, capability: string) => {
			const own = places.map((place) => channels[place] as Channel);
			const encoder = new SapMeasures(sap, own, sensor, capability, idPrefix);
			recordBytes = Math.max(recordBytes, encoder.recordBytes);
			if (places.length > 0)
				portions.push({
					route,
					places,
					template: () => encoder.template(),
					encode: (record, values) => encoder.encode(record, values),
				});
			return encoder;
		};
		this.first = encoderOf(0, placesLeft(sensors, channels), sap.sensor, sap.measureCapability);
		for (const [name, sensor] of Object.entries(sensors)) {
			const id = sensorId(name, sensor);
			const capability = sensor.capability === "" ? sap.measureCapability : sensor.capability;
			const { prefix, numberAt } = encoderOf(ids.length + 1, placesOf(sensor, channels), id, capability);
			others.push({ topic, prefix, numberAt });
			ids.push(utf8(id));
			capabilities.push(utf8(capability));
		}
		this.portions = portions;
		this.others = others;
		this.recordBytes = recordBytes;
		this.ids = ids;
		this.capabilities = capabilities;
	}

	/** Whether the text is the id of one of them, but for the first. */
	hasSensor(json: JsonScanner): boolean {
		return isOneOf(json, this.ids);
	}
	/** Whether it is that of one of their capabilities. */
	hasCapability(json: JsonScanner): boolean {
		return isOneOf(json, this.capabilities);
	}
}

function isOneOf(json: JsonScanner, texts: readonly Uint8Array[]): boolean {
	for (let i = 0; i < texts.length; i++) if (json.is(texts[i] as Uint8Array)) return true;
	return false;
}
