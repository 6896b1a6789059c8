// Cumulocity IoT in the list of clouds.

import type { Channel } from "../../core/channels.js";
import type { Build, CloudKind } from "../cloud-kind.js";
import { Cumulocity } from "./cumulocity.js";
import { CUMULOCITY, type CumulocitySettings } from "./settings.js";

export const cumulocity: CloudKind<CumulocitySettings, typeof CUMULOCITY> = Object.freeze({
	settings: CUMULOCITY,
	mistakes,
	atRest: Object.freeze({ slots: 1631, chunkBytes: 6_594 }),
	channel: Object.freeze({ slots: 36, chunkBytes: 144 }),
	names: ({ fragment, series, unit }: Channel) => fragment + series + unit,
	make: (settings: CumulocitySettings, { version }: Build) => new Cumulocity(settings, version),
});

function mistakes({ device, broker, cumulocity: own }: CumulocitySettings): string[] {
	if (device.cloud !== "cumulocity") return [];
	const found: string[] = [];
	if (broker.transport === "websocket" && broker.clientCertificate)
		found.push(
			"broker.clientCertificate: Cumulocity takes no certificate over WebSocket; set it false, and broker.username and broker.password",
		);
	if (own.bootstrapPassword === "") return found;
	if (broker.clientCertificate)
		found.push("cumulocity.bootstrapPassword: needs broker.clientCertificate false");
	if (broker.username !== "")
		found.push("cumulocity.bootstrapPassword: the cloud hands out the user; leave broker.username empty");
	return found;
}
