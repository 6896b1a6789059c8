// Cumulocity IoT in the list of clouds.

import type { Channel } from "../../core/channels.js";
import type { Build, CloudKind } from "../cloud-kind.js";
import { Cumulocity } from "./cumulocity.js";
import { CUMULOCITY, type CumulocitySettings } from "./settings.js";

export const cumulocity: CloudKind<CumulocitySettings, typeof CUMULOCITY> = Object.freeze({
	settings: CUMULOCITY,
	atRest: Object.freeze({ slots: 1617, chunkBytes: 6_594 }),
	channel: Object.freeze({ slots: 36, chunkBytes: 144 }),
	names: ({ fragment, series, unit }: Channel) => fragment + series + unit,
	make: (settings: CumulocitySettings, { version }: Build) => new Cumulocity(settings, version),
});
