// The SAP IoT service in the list of clouds.

import type { Build, CloudKind } from "../cloud-kind.js";
import { SapIot } from "./sap-iot.js";
import { SAP, type SapSettings } from "./settings.js";

export const sap: CloudKind<SapSettings, typeof SAP> = Object.freeze({
	settings: SAP,
	atRest: Object.freeze({ slots: 1569, chunkBytes: 7_319 }),
	make: (settings: SapSettings, { boot }: Build) => new SapIot(settings, boot),
});
