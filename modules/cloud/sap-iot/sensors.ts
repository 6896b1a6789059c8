// A device of several sensors: each has channels of its own, and its records travel under its name.

import { topicName } from "../../mqtt/topic.js";
import type { RouteShape } from "../../outbox/lane.js";
import type { Portion } from "../cloud.js";
import type { JsonScanner } from "../json.js";
import { channelsAt, placesOf, targetsOf } from "../portions.js";
import { utf8 } from "../text.js";
import { nameBytes, SapMeasures } from "./measures.js";
import { type SapSettings, type SensorSettings, sensorCapability, sensorId } from "./settings.js";

export class SapSensors {
	/** Of the sensors that have channels, in the order of routes. */
	readonly portions: Portion[] = [];
	/** Largest sample of one of them, bytes. */
	recordBytes = 0;
	/** What `sap.sensor` sends; its route is the first. */
	readonly first: SapMeasures;
	/** The routes of the others. */
	readonly others: RouteShape[] = [];
	private readonly ids: Uint8Array[] = [];
	private readonly capabilities: Uint8Array[] = [];

	private readonly settings: SapSettings;
	/** Of each channel, by its place. */
	private readonly targets: readonly number[];

	constructor(settings: SapSettings, idPrefix: string) {
		this.settings = settings;
		this.targets = targetsOf(settings.sensors, settings.channels);
		this.first = this.make(0, idPrefix);
		for (let target = 1; target <= Object.keys(settings.sensors).length; target++) {
			this.make(target, idPrefix);
			this.ids.push(utf8(this.idOf(target)));
			this.capabilities.push(utf8(this.capabilityOf(target)));
		}
	}

	private make(target: number, idPrefix: string): SapMeasures {
		const encoder = new SapMeasures(
			this.settings.sap,
			channelsAt(this.settings.channels, placesOf(this.targets, target)),
			this.idOf(target),
			this.capabilityOf(target),
			idPrefix,
		);
		this.add(target, encoder, nameBytes(encoder, idPrefix));
		return encoder;
	}
	private add(target: number, encoder: SapMeasures, signBytes: number): void {
		const places = placesOf(this.targets, target);
		this.recordBytes = Math.max(this.recordBytes, encoder.recordBytes);
		if (places.length > 0) this.portions.push({ route: target, places, encoder });
		if (target === 0) return;
		const { prefix, numberAt } = encoder;
		const topic = this.others[0]?.topic ?? topicName(`measures/${this.settings.device.id}`);
		this.others.push({ topic, prefix, numberAt, signBytes });
	}
	private idOf(target: number): string {
		return target === 0 ? this.settings.sap.sensor : sensorId(...this.entry(target));
	}
	private capabilityOf(target: number): string {
		const { sap } = this.settings;
		return target === 0 ? sap.measureCapability : sensorCapability(sap, this.entry(target)[1]);
	}
	/** On XS the index -1 would be a new name, which it keeps for good. */
	private entry(target: number): [name: string, sensor: SensorSettings] {
		return Object.entries(this.settings.sensors)[target - 1] as [string, SensorSettings];
	}

	/** The route of the sensor with this id, but for the first; -1 if there is none. */
	routeOf(json: JsonScanner): number {
		const { ids } = this;
		for (let i = 0; i < ids.length; i++) if (json.is(ids[i] as Uint8Array)) return i + 1;
		return -1;
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
