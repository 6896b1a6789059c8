// Topic names and filters (section 4.7): made into bytes once, at start, with every rule checked.

import { encodeUtf8, sequenceLength } from "../core/utf8.js";
import { MAX_FIELD_BYTES } from "./packet.js";

/** UTF-8 of a text field; throws with the broken statement. */
export function mqttText(text: string, what: string): Uint8Array {
	const bytes = encodeUtf8(text);
	if (bytes === undefined) throw new RangeError(`${what}: ill-formed text [MQTT-1.5.3-1]`);
	if (bytes.indexOf(0) >= 0) throw new RangeError(`${what}: U+0000 [MQTT-1.5.3-2]`);
	if (bytes.length > MAX_FIELD_BYTES) throw new RangeError(`${what}: over 65535 bytes [MQTT-4.7.3-3]`);
	return bytes;
}

/** A topic name to publish on. */
export function topicName(text: string): Uint8Array {
	const bytes = mqttText(text, "topic");
	if (bytes.length === 0) throw new RangeError("topic: empty [MQTT-4.7.3-1]");
	const fault = topicFault(bytes, 0, bytes.length);
	if (fault !== "") throw new RangeError(`topic: a wildcard [${fault}]`);
	return bytes;
}

/** A filter to subscribe to. */
export function topicFilter(text: string): Uint8Array {
	const bytes = mqttText(text, "filter");
	if (bytes.length === 0) throw new RangeError("filter: empty [MQTT-4.7.3-1]");
	const fault = filterFault(text);
	if (fault !== "") throw new RangeError(`filter: ${fault}`);
	return bytes;
}

/** A topic or filter of the settings with the device's id in the place of "%id". */
export function withId(pattern: string, id: string): string {
	return pattern.split("%id").join(id); // not by `replaceAll`, to which "$$" means "$"
}

const SHARE = "$share/";

/**
 * What the topics of a filter's messages match: of a shared subscription the filter in it. Those are MQTT 5
 * (4.8.2), but servers of 3.1.1 know them too.
 */
export function unshared(filter: string): string {
	return filter.startsWith(SHARE) ? filter.slice(filter.indexOf("/", SHARE.length) + 1) : filter;
}

/** What is wrong with a filter, or "". */
export function filterFault(text: string): string {
	const levels = text.split("/");
	if (text.startsWith(SHARE)) {
		const [, group = ""] = levels;
		if (
			group === "" ||
			group.includes("+") ||
			group.includes("#") ||
			unshared(text) === "" ||
			levels.length < 3
		)
			return "a shared one is $share/<group>/<filter>";
	}
	for (const [i, level] of levels.entries()) {
		if (level === "+") continue; // [MQTT-4.7.1-3]
		if (level === "#" && i === levels.length - 1) continue; // [MQTT-4.7.1-2]
		if (level.includes("#")) return "# stands alone and last [MQTT-4.7.1-2]";
		if (level.includes("+")) return "+ fills a whole level [MQTT-4.7.1-3]";
	}
	return "";
}

/** Whether the topic name at [start, end) matches the filter, byte for byte [MQTT-4.7.3-4]. */
export function topicMatches(filter: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
	// A wildcard in front does not match topics that begin with $ [MQTT-4.7.2-1].
	if (bytes[start] === DOLLAR && (filter[0] === PLUS || filter[0] === HASH)) return false;
	const { length } = filter;
	let p = start;
	let f = 0;
	while (f < length) {
		const c = filter[f] as number;
		if (c === HASH) return true;
		if (c === PLUS) {
			while (p < end && bytes[p] !== SLASH) p++;
			f++;
		} else if (p < end && bytes[p] === c) {
			p++;
			f++;
		} else {
			// "a/#" matches "a" as well, section 4.7.1.2.
			return p === end && c === SLASH && f === length - 2 && filter[f + 1] === HASH;
		}
	}
	return p === end;
}

const DOLLAR = 36;
const PLUS = 43;
const HASH = 35;
const SLASH = 47;

/** What is wrong with the topic name at [start, end) of a packet, as the normative statement, or "". */
export function topicFault(bytes: Uint8Array, start: number, end: number): string {
	for (let p = start; p < end; ) {
		const c = bytes[p] as number;
		if (c > 43 && c < 128) p++;
		else if (c < 128) {
			if (c === 0) return "MQTT-1.5.3-2";
			if (c === 35 || c === 43) return "MQTT-3.3.2-2";
			p++;
		} else {
			const n = sequenceLength(bytes, p, end);
			if (n === 0) return "MQTT-1.5.3-1";
			p += n;
		}
	}
	return "";
}
