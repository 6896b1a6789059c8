// The settings of a plain MQTT broker: defaults, ranges and rules.

import { choice, flag, text, type Values } from "../../core/schema.js";
import { encodeUtf8 } from "../../core/utf8.js";
import { filterFault, topicMatches, unshared, withId } from "../../mqtt/topic.js";
import { hasAny, isId, type SharedSettings } from "../shared-settings.js";

/** Longest topic; with four bytes a character it still fits into half of the output stage. */
const MAX_TOPIC = 184;

/** The settings of `plain` that are topics. */
const TOPICS = Object.freeze(["measures", "commands", "results", "status", "health"] as const);

export const PLAIN = Object.freeze({
	/** Topic of measures; %id stands for the device's id. */
	measures: text("mote/%id/measures", 120, 1),
	/**
	 * Topic filter of commands; it may have wildcards, or be a shared subscription. Where the last level
	 * is a wildcard, what the topic has there stands before the payload: by "40%" on
	 * mote/<id>/commands/led the command is "led 40%".
	 */
	commands: text("mote/%id/commands/#", 120, 1),
	/** Topic of results and alarms. */
	results: text("mote/%id/results", 120, 1),
	/** Topic of "online" and "offline", retained. */
	status: text("mote/%id/status", 120, 1),
	/** Topic of how board and network are doing, once in each connection, for people. Empty: not sent. */
	health: text("mote/%id/health", 120),
	/** QoS at which commands are asked for. */
	commandsQos: choice(1, [0, 1, 2]),
	/** QoS of results. */
	resultsQos: choice(1, [0, 1, 2]),
	/** QoS of the status and of the will. */
	statusQos: choice(1, [0, 1, 2]),
	/**
	 * JSON objects (json), or the values alone (raw): "21.51,0,0,0.0", and "SUCCESSFUL" or "FAILED:
	 * reason".
	 */
	format: choice("json", ["json", "raw"]),
	/**
	 * Let the session outlive the connection: what was under way goes on, and commands wait at the
	 * broker.
	 */
	persistent: flag(false),
	/** Carry out retained commands too. They come again with every subscription. */
	retainedCommands: flag(false),
});

/** What this cloud reads. */
export type PlainSettings = SharedSettings & { readonly plain: Values<typeof PLAIN> };

/** What the ranges do not say: topics that MQTT does not allow, or by which the node would hear itself. */
export function plainMistakes(settings: PlainSettings): string[] {
	const { plain, device } = settings;
	const mistakes: string[] = [];
	for (const key of TOPICS) {
		const pattern = plain[key];
		const topic = withId(pattern, device.id);
		if (topic.length > MAX_TOPIC)
			mistakes.push(`plain.${key}: longer than ${MAX_TOPIC} characters with the id`);
		if (key === "commands") {
			const fault = filterFault(pattern);
			if (fault !== "") mistakes.push(`plain.commands: ${fault}`);
			else if (isId(device.id))
				for (const own of heard(settings, topic))
					mistakes.push(`plain.commands: takes in plain.${own}, so that the node would answer itself`);
		} else if (hasAny(pattern, "+#")) mistakes.push(`plain.${key}: no wildcard [MQTT-3.3.2-2]`);
	}
	return mistakes;
}

/** Topics of the node's own that a filter takes in. */
function heard({ plain, device }: PlainSettings, filter: string): string[] {
	const bytes = encodeUtf8(unshared(filter)) ?? new Uint8Array(0);
	return TOPICS.filter((key) => {
		const topic = key === "commands" ? undefined : encodeUtf8(withId(plain[key], device.id));
		return topic !== undefined && topic.length > 0 && topicMatches(bytes, topic, 0, topic.length);
	});
}
