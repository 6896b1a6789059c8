// Cumulocity IoT in the list of clouds.

import type { Channel } from "../../core/channels.js";
import type { Build, CloudKind } from "../cloud-kind.js";
import { Cumulocity } from "./cumulocity.js";
import { CUMULOCITY, type CumulocitySettings } from "./settings.js";

export const cumulocity: CloudKind<CumulocitySettings, typeof CUMULOCITY> = Object.freeze({
	settings: CUMULOCITY,
	mistakes: ({ device, broker }: CumulocitySettings) =>
		device.cloud === "cumulocity" && broker.transport === "websocket" && broker.clientCertificate
			? [
					"broker.clientCertificate: Cumulocity takes no certificate over WebSocket; set it false, and broker.username and broker.password",
				]
			: [],
	atRest: Object.freeze({ slots: 1617, chunkBytes: 6_594 }),
	channel: Object.freeze({ slots: 36, chunkBytes: 144 }),
	names: ({ fragment, series, unit }: Channel) => fragment + series + unit,
	make: (settings: CumulocitySettings, { version }: Build) => new Cumulocity(settings, version),
});
