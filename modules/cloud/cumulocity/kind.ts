// Cumulocity IoT in the list of clouds.

import type { Channel } from "../../core/channels.js";
import type { Build, CloudKind, Memory } from "../cloud-kind.js";
import { ownerMistakes } from "../portions.js";
import { hasAny, hasBlank } from "../shared-settings.js";
import { listed, utf8 } from "../text.js";
import { Cumulocity } from "./cumulocity.js";
import { RELAYS } from "./relays.js";
import { CHILD, CUMULOCITY, type CumulocitySettings, childId } from "./settings.js";

const BOOTSTRAP: Memory = Object.freeze({ slots: 20, chunkBytes: 96 });
const IDS: Memory = Object.freeze({ slots: 84, chunkBytes: 1420 });
/** Less than the rows with names take. */
const OWN_TEMPLATES: Memory = Object.freeze({ slots: -28, chunkBytes: -96 });
const RELAY: Memory = Object.freeze({ slots: 18, chunkBytes: 56 });
const CHILDREN: Memory = Object.freeze({ slots: 87, chunkBytes: 311 });
const ONE_CHILD: Memory = Object.freeze({ slots: 45, chunkBytes: 89 });
/** Of a child that has channels. */
const OWN_CHANNELS: Memory = Object.freeze({ slots: 111, chunkBytes: 30 });
/** Of several, each with its time. */
const OWN_TIMES: Memory = Object.freeze({ slots: 27, chunkBytes: 130 });
/** Copies of an id that is longer than usual, bytes. */
const ID_COPIES = 3;
const USUAL_ID = 16;
const NAMED = Object.freeze({ children: CHILD });

export const cumulocity: CloudKind<CumulocitySettings, typeof CUMULOCITY, typeof NAMED> = Object.freeze({
	settings: CUMULOCITY,
	named: NAMED,
	mistakes,
	atRest: Object.freeze({ slots: 1648, chunkBytes: 6_594 }),
	beside: ({ cumulocity: own, children, device }: CumulocitySettings) => {
		const found: Memory[] = [];
		if (own.bootstrapPassword !== "") found.push(BOOTSTRAP);
		if (own.operationIds) found.push(IDS);
		if (own.ownTemplates !== "off") found.push(OWN_TEMPLATES);
		for (const _ of listed(own.relays)) found.push(RELAY);
		const all = Object.entries(children);
		if (all.length > 0) found.push(CHILDREN);
		for (const [name, child] of all) {
			const { length } = utf8(childId(device.id, name, child));
			found.push(ONE_CHILD, { slots: 0, chunkBytes: ID_COPIES * Math.max(0, length - USUAL_ID) });
			if (child.channels !== "") found.push(OWN_CHANNELS);
			if (child.channels.includes(",") && !own.multiple && own.ownTemplates === "off") found.push(OWN_TIMES);
		}
		return found;
	},
	channel: Object.freeze({ slots: 36, chunkBytes: 144 }),
	names: ({ fragment, series, unit }: Channel) => fragment + series + unit,
	make: (settings: CumulocitySettings, { version }: Build) => new Cumulocity(settings, version),
});

function mistakes(settings: CumulocitySettings): string[] {
	const { device, broker, cumulocity: own } = settings;
	if (device.cloud !== "cumulocity") return [];
	const found = childMistakes(settings);
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

/** Ids that are no part of a topic or of a row, or stand twice, and channels that nobody or two have. */
function childMistakes({ device, children, channels, outbox }: CumulocitySettings): string[] {
	const found = ownerMistakes("children", children, channels, outbox?.measures);
	const ids = [device.id];
	for (const [name, child] of Object.entries(children)) {
		const id = childId(device.id, name, child);
		if (hasAny(id, '/+#,"') || hasBlank(id))
			found.push(`children.${name}.id: no slash, +, #, comma, quotes or blank`);
		if (ids.includes(id)) found.push(`children.${name}.id: another one has it, or the device`);
		if (child.channels === "" && child.relay === "none")
			found.push(`children.${name}: needs channels, or a relay`);
		ids.push(id);
	}
	return found;
}
