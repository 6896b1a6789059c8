// Cumulocity IoT in the list of clouds.

import type { Channel } from "../../core/channels.js";
import type { Build, CloudKind, Memory } from "../cloud-kind.js";
import { Cumulocity } from "./cumulocity.js";
import { RELAYS } from "./relays.js";
import { CUMULOCITY, type CumulocitySettings, listed } from "./settings.js";

const BOOTSTRAP: Memory = Object.freeze({ slots: 20, chunkBytes: 96 });
const IDS: Memory = Object.freeze({ slots: 84, chunkBytes: 1420 });
/** Less than the rows with names take. */
const OWN_TEMPLATES: Memory = Object.freeze({ slots: -28, chunkBytes: -96 });
const RELAY: Memory = Object.freeze({ slots: 18, chunkBytes: 56 });

export const cumulocity: CloudKind<CumulocitySettings, typeof CUMULOCITY> = Object.freeze({
	settings: CUMULOCITY,
	mistakes,
	atRest: Object.freeze({ slots: 1643, chunkBytes: 6_594 }),
	beside: ({ cumulocity: own }: CumulocitySettings) => {
		const found: Memory[] = [];
		if (own.bootstrapPassword !== "") found.push(BOOTSTRAP);
		if (own.operationIds) found.push(IDS);
		if (own.ownTemplates !== "off") found.push(OWN_TEMPLATES);
		for (const _ of listed(own.relays)) found.push(RELAY);
		return found;
	},
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
	for (const name of listed(own.relays))
		if (!RELAYS.includes(name))
			found.push(`cumulocity.relays: must be a list of ${RELAYS.join(", ")}, with commas between`);
	if (own.position !== "" && !isPosition(own.position))
		found.push("cumulocity.position: must be such as 49.29,8.64 or 49.29,8.64,112");
	if (own.bootstrapPassword === "") return found;
	if (broker.clientCertificate)
		found.push("cumulocity.bootstrapPassword: needs broker.clientCertificate false");
	if (broker.username !== "")
		found.push("cumulocity.bootstrapPassword: the cloud hands out the user; leave broker.username empty");
	return found;
}

/** Latitude, longitude, and perhaps an altitude. */
function isPosition(text: string): boolean {
	const parts = text.split(",");
	const [latitude, longitude, altitude] = parts.map((part) =>
		part.trim() === "" ? Number.NaN : Number(part),
	);
	return (
		(parts.length === 2 || parts.length === 3) &&
		Math.abs(latitude ?? Number.NaN) <= 90 &&
		Math.abs(longitude ?? Number.NaN) <= 180 &&
		(parts.length === 2 || Number.isFinite(altitude))
	);
}
