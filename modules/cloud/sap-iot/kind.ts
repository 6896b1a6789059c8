// The SAP IoT service in the list of clouds.

import type { Channel } from "../../core/channels.js";
import type { Build, CloudKind, Memory } from "../cloud-kind.js";
import { SapIot } from "./sap-iot.js";
import { SAP, type SapSettings, SENSOR, sapMistakes } from "./settings.js";

const RESULTS: Memory = Object.freeze({ slots: 16, chunkBytes: 120 });
const SENSORS: Memory = Object.freeze({ slots: 70, chunkBytes: 330 });
const ONE_SENSOR: Memory = Object.freeze({ slots: 206, chunkBytes: 272 });
const ONE_DATED: Memory = Object.freeze({ slots: 174, chunkBytes: 260 });
const NAMED = Object.freeze({ sensors: SENSOR });

export const sap: CloudKind<SapSettings, typeof SAP, typeof NAMED> = Object.freeze({
	settings: SAP,
	named: NAMED,
	mistakes: sapMistakes,
	atRest: Object.freeze({ slots: 1580, chunkBytes: 7_360 }),
	beside: ({ sap: own, sensors }: SapSettings) => {
		const found: Memory[] = own.resultCapability === "" ? [] : [RESULTS];
		const names = Object.keys(sensors);
		if (names.length > 0) found.push(SENSORS);
		for (const _ of names) found.push(own.dateProperty === "" ? ONE_SENSOR : ONE_DATED);
		return found;
	},
	channel: Object.freeze({ slots: 29, chunkBytes: 83 }),
	names: ({ property }: Channel) => property,
	make: (settings: SapSettings, { boot }: Build) => new SapIot(settings, boot),
});
