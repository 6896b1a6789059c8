// The SAP IoT service in the list of clouds.

import type { Channel } from "../../core/channels.js";
import type { Build, CloudKind, Memory } from "../cloud-kind.js";
import { SapIot } from "./sap-iot.js";
import { SAP, type SapSettings, SENSOR, sapMistakes } from "./settings.js";

const RESULTS: Memory = Object.freeze({ slots: 16, chunkBytes: 120 });
const SENSORS: Memory = Object.freeze({ slots: 40, chunkBytes: 100 });
const ONE_SENSOR: Memory = Object.freeze({ slots: 60, chunkBytes: 300 });
const NAMED = Object.freeze({ sensors: SENSOR });

export const sap: CloudKind<SapSettings, typeof SAP, typeof NAMED> = Object.freeze({
	settings: SAP,
	named: NAMED,
	mistakes: sapMistakes,
	atRest: Object.freeze({ slots: 1599, chunkBytes: 7_391 }),
	beside: ({ sap: own, sensors }: SapSettings) => {
		const found: Memory[] = own.resultCapability === "" ? [] : [RESULTS];
		const names = Object.keys(sensors);
		if (names.length > 0) found.push(SENSORS);
		for (const _ of names) found.push(ONE_SENSOR);
		return found;
	},
	channel: Object.freeze({ slots: 29, chunkBytes: 83 }),
	names: ({ property }: Channel) => property,
	make: (settings: SapSettings, { boot }: Build) => new SapIot(settings, boot),
});
