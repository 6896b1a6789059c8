// The SAP IoT service in the list of clouds.

import type { Channel } from "../../core/channels.js";
import type { Build, CloudKind, Memory } from "../cloud-kind.js";
import { SapIot } from "./sap-iot.js";
import { SAP, type SapSettings, sapMistakes } from "./settings.js";

const RESULTS: Memory = Object.freeze({ slots: 16, chunkBytes: 120 });

export const sap: CloudKind<SapSettings, typeof SAP> = Object.freeze({
	settings: SAP,
	mistakes: sapMistakes,
	atRest: Object.freeze({ slots: 1599, chunkBytes: 7_391 }),
	beside: ({ sap: own }: SapSettings) => (own.resultCapability === "" ? [] : [RESULTS]),
	channel: Object.freeze({ slots: 29, chunkBytes: 83 }),
	names: ({ property }: Channel) => property,
	make: (settings: SapSettings, { boot }: Build) => new SapIot(settings, boot),
});
