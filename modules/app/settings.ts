// Settings: one typed object with defaults and ranges. Whatever fills it (the manifest's config, a file,
// later the store and the cloud), every mistake is listed in one error.

import {
	type AllNamed,
	CLOUD_NAMES,
	CLOUD_SETTINGS,
	CLOUDS,
	type CloudName,
	NAMED_SETTINGS,
} from "../cloud/clouds.js";
import { isId } from "../cloud/shared-settings.js";
import { activeChannels, CHANNEL_FIELDS, overlayChannels } from "../core/channel-table.js";
import type { Channel } from "../core/channels.js";
import { DEFAULT_TABLE } from "../core/default-channels.js";
import { LEVELS } from "../core/log.js";
import {
	addAll,
	choice,
	defaultsOf,
	type Fields,
	flag,
	type Input,
	isKey,
	isRecord,
	overlay,
	overlayNamed,
	real,
	text,
	type Values,
	whole,
} from "../core/schema.js";
import { encodeUtf8 } from "../core/utf8.js";
import { INTERVAL_RANGE } from "./commands.js";

/** The group whose settings are those of the channels, each a group of its own. */
const CHANNELS = "channels";

/** Groups, their settings, defaults and ranges. */
export const SCHEMA = Object.freeze({
	device: Object.freeze({
		/** Identity: Cumulocity's deviceIdentifier, SAP's device alternateId. No colon, slash, + or #. */
		id: text("mote-0001", 64, 1),
		/** Name that the cloud shows. */
		name: text("Mote", 64, 1),
		/** Which cloud the node speaks to. */
		cloud: choice<CloudName>("cumulocity", CLOUD_NAMES),
		/** The least important lines that the log keeps. */
		log: choice("info", LEVELS),
	}),
	broker: Object.freeze({
		/** Name or IPv4 address of the broker. */
		host: text("localhost", 253, 1),
		/** Port of the broker. */
		port: whole(8883, 1, 65535),
		/** Connect with TLS. */
		tls: flag(true),
		/** Over the connection, or over WebSocket (RFC 6455), where only web ports are open. */
		transport: choice("tcp", ["tcp", "websocket"]),
		/** Path of the WebSocket on the server. */
		path: text("/mqtt", 128, 1),
		/** Name that the server's certificate must have; empty: the host. */
		serverName: text("", 253),
		/** Protocol asked for in the handshake (ALPN), such as "mqtt" or "x-amzn-mqtt-ca"; empty: none. */
		alpn: text("", 64),
		/**
		 * Longest content of TLS records that the server is asked for (RFC 6066, 4); 0: nothing is asked
		 * for. It saves memory where records are long. A server may ignore it. Unit: bytes.
		 */
		fragmentBytes: choice(0, [0, 512, 1024, 2048, 4096]),
		/** Send the device's certificate: client.der and client.pk8 of the image or the store. */
		clientCertificate: flag(true),
		/** User name; empty: none. */
		username: text("", 256),
		/** Password; it needs a user name. */
		password: text("", 512),
		/** Keep-alive of the MQTT session. Unit: s. */
		keepAlive: whole(60, 5, 65535),
	}),
	/**
	 * Wi-Fi of a board; in the simulators and on a laptop the network is there already, and this stays empty.
	 */
	network: Object.freeze({
		/** Wi-Fi network that is tried first; empty: none. At most 32 bytes. */
		ssid: text("", 32),
		/** Its password, 8 to 64 characters; empty: the network is open. */
		password: text("", 64),
		/** Network that is tried second. */
		ssid2: text("", 32),
		/** Its password. */
		password2: text("", 64),
		/** Network that is tried third. */
		ssid3: text("", 32),
		/** Its password. */
		password3: text("", 64),
		/** Time server; ":port" after the name if it is not 123. */
		sntp: text("0.pool.ntp.org", 253, 1),
		/** Time server that is asked in turn with the first. */
		sntp2: text("1.pool.ntp.org", 253, 1),
	}),
	sampling: Object.freeze({
		/** Pause between samples. The command interval changes it until the next boot. Unit: ms. */
		intervalMs: whole(1000, INTERVAL_RANGE[0], INTERVAL_RANGE[1]),
		/**
		 * Pause between readings of the sensors, where it is shorter than that between samples: a sample
		 * then holds of each channel what its `window` makes of them. 0: one reading a sample. Unit: ms.
		 */
		readMs: whole(0, 0, INTERVAL_RANGE[1]),
		/** With a deadband of any channel, send a sample after this time in any case. Unit: ms. */
		heartbeatMs: whole(600_000, 1000, 86_400_000),
		/** QoS of measures. Operation results go at QoS 1. */
		qos: choice(1, [0, 1, 2]),
	}),
	outbox: Object.freeze({
		/** Samples (with children or sensors their records) that are kept while the link is down. The oldest give way. */
		measures: whole(120, 4, 60000),
		/** Operation results and events that are kept. */
		events: whole(8, 4, 256),
		/**
		 * What survives a power cut in flash: nothing (off); operation results, events and what has to be
		 * known of commands (events); or the measures as well (all).
		 */
		keep: choice("off", ["off", "events", "all"]),
	}),
	...CLOUD_SETTINGS,
	/** Alarms. Those of a channel begin with the channel's own limits. */
	alarms: Object.freeze({
		/** Severity of the channels' alarms. */
		severity: choice("MAJOR", ["CRITICAL", "MAJOR", "MINOR", "WARNING"]),
		/** An alarm when the device's certificate has fewer days left; 0: once it has ended. Unit: days. */
		certificateDays: whole(30, 0, 3650),
	}),
	temperature: Object.freeze({
		/** The thermistor on the ADC (ntc), or a sensor on the I²C bus. */
		sensor: choice("ntc", ["ntc", "tmp117", "tmp102", "sht3x"]),
		/** Address on the bus; 0: the usual one, 0x48 for TMP117 and TMP102, 0x44 for SHT3x. */
		address: whole(0, 0, 119),
	}),
	thermistor: Object.freeze({
		/** Resistance at 25 °C. Unit: ohm. */
		nominalOhms: real(10_000, 100, 1e6),
		/** Fixed resistor between supply and thermistor. Unit: ohm. */
		seriesOhms: real(33_000, 100, 1e6),
		/** Supply of the divider. Unit: V. */
		supplyVolts: real(3.3, 1, 5.5),
		/** Beta of the thermistor. Unit: K. */
		beta: real(3950, 1000, 6000),
		/**
		 * Steinhart-Hart coefficient A, in the place of beta: 1/T = A + B ln R + C (ln R)^3 with K and
		 * ohm. All three 0: beta counts.
		 */
		steinhartA: real(0, -1, 1),
		/** Steinhart-Hart coefficient B. */
		steinhartB: real(0, -1, 1),
		/** Steinhart-Hart coefficient C. */
		steinhartC: real(0, -1, 1),
		/** A reading below is a fault. Unit: °C. */
		minimumC: real(-40, -100, 100),
		/** A reading above is a fault. Unit: °C. */
		maximumC: real(125, 0, 300),
	}),
	led: Object.freeze({
		/** The LED hangs on a pin that is only on or off, not dimmed. */
		digital: flag(false),
		/** Duty is brightness to this power; with 2.2 half of the brightness looks like half. */
		gamma: real(1, 1, 4),
	}),
	buzzer: Object.freeze({
		/**
		 * Share of a period in which the pin is high: 50 is loudest, less spares the piezo and its
		 * transistor. Unit: %.
		 */
		dutyPercent: real(50, 1, 50),
		/** A tone or pattern ends after this, also one until further notice; 0: never. Unit: ms. */
		longestMs: whole(0, 0, 86_400_000),
	}),
	motor: Object.freeze({
		/** Speed at full duty, and the upper limit of the speed command. Unit: rpm. */
		maxRpm: real(200, 1, 100_000),
		/** Change of the target per second. Unit: rpm/s. */
		rampRpmPerS: real(400, 1, 1e6),
		/** Edges of the tachometer per revolution. */
		pulsesPerRevolution: whole(20, 1, 1000),
	}),
});

export type Settings = { readonly [G in keyof typeof SCHEMA]: Values<(typeof SCHEMA)[G]> } & AllNamed & {
		/** The channels that are on: the board's table, overlaid by the group `channels`. */
		readonly channels: readonly Channel[];
	};

/** Every mistake at once, one a line. Values are not repeated: one of them may be a password. */
export class SettingsError extends Error {
	override name = "SettingsError";
	readonly mistakes: readonly string[];

	constructor(mistakes: readonly string[]) {
		super(`settings: ${mistakes.join("; ")}`);
		this.mistakes = mistakes;
	}
}

type Named = Readonly<Record<string, Input>>;
const NOBODY: Named = Object.freeze({});

/**
 * The groups as they are without input: in the image, so that those nobody changes cost a board no memory.
 */
const DEFAULTS: Readonly<Record<string, Input>> = Object.freeze(
	Object.fromEntries(
		Object.entries(SCHEMA as Readonly<Record<string, Fields>>).map(([group, fields]) => [
			group,
			defaultsOf(fields),
		]),
	),
);

/**
 * Whether there is such a group, or such a setting in it; of the group `channels`, such a channel and field; of
 * a group of free names, such a field.
 */
export function isSetting(
	table: readonly Channel[],
	group: string,
	key: string | undefined,
	field: string | undefined,
): boolean {
	if (group === CHANNELS) {
		const known = key === undefined || table.some((channel) => channel.key === key);
		return known && (field === undefined || Object.hasOwn(CHANNEL_FIELDS, field));
	}
	const named = ownOf(NAMED_SETTINGS, group);
	if (named) return (key === undefined || isKey(key)) && (field === undefined || Object.hasOwn(named, field));
	const groups = SCHEMA as Readonly<Record<string, Fields>>;
	const known = Object.hasOwn(groups, group) && field === undefined;
	return known && (key === undefined || Object.hasOwn(groups[group] as object, key));
}

/** The settings of a board with the default channels; see settingsOf. */
export function makeSettings(...inputs: readonly unknown[]): Settings {
	return settingsOf(DEFAULT_TABLE, ...inputs);
}

/**
 * Defaults overlaid by each of `inputs` in turn, and the board's channels by their `channels`; a group without
 * input is frozen. Throws a SettingsError.
 */
export function settingsOf(table: readonly Channel[], ...inputs: readonly unknown[]): Settings {
	const mistakes: string[] = [];
	const result: Record<string, unknown> = {};
	let channels = table;
	const groups = SCHEMA as Readonly<Record<string, Fields>>;
	for (const group of Object.keys(groups))
		result[group] = DEFAULTS[group] as Readonly<Record<string, unknown>>;
	for (const group of Object.keys(NAMED_SETTINGS)) result[group] = NOBODY;
	for (const input of inputs) {
		if (input === undefined) continue;
		if (!isRecord(input)) {
			mistakes.push("settings must be an object of groups");
			continue;
		}
		for (const group of Object.keys(input)) {
			const fields = ownOf(groups, group);
			const values = input[group];
			const named = ownOf(NAMED_SETTINGS, group);
			if (group === CHANNELS) channels = overlayChannels(channels, values, mistakes);
			else if (fields === undefined && named === undefined) mistakes.push(`${group}: unknown group`);
			else if (!isRecord(values)) mistakes.push(`${group}: must be an object`);
			else if (named) result[group] = overlayNamed(group, named, values, result[group] as Named, mistakes);
			else if (fields) result[group] = overlay(group, fields, values, result[group] as Input, mistakes);
		}
	}
	result[CHANNELS] = activeChannels(channels, mistakes);
	const settings = result as unknown as Settings;
	if (!isId(settings.device.id)) mistakes.push("device.id: no colon, slash, +, # or blank");
	for (const name of CLOUD_NAMES) addAll(mistakes, CLOUDS[name].mistakes?.(settings) ?? []);
	if (settings.broker.password !== "" && settings.broker.username === "")
		mistakes.push("broker.password: needs broker.username [MQTT-3.1.2-22]");
	addAll(mistakes, webSocketMistakes(settings));
	for (const key of ["", "2", "3"] as const) {
		const ssid = settings.network[`ssid${key}`];
		const password = settings.network[`password${key}`];
		if ((encodeUtf8(ssid)?.length ?? 33) > 32)
			mistakes.push(`network.ssid${key}: must have at most 32 bytes`);
		if (password !== "" && ssid === "") mistakes.push(`network.password${key}: needs network.ssid${key}`);
		if (password !== "" && password.length < 8)
			mistakes.push(`network.password${key}: must have 8 to 64 characters`);
	}
	const { readMs } = settings.sampling;
	if (readMs !== 0 && readMs < INTERVAL_RANGE[0])
		mistakes.push(`sampling.readMs: must be 0 or at least ${INTERVAL_RANGE[0]}`);
	addAll(mistakes, thermometerMistakes(settings));
	if (settings.thermistor.minimumC >= settings.thermistor.maximumC)
		mistakes.push("thermistor.minimumC: must be below thermistor.maximumC");
	if (mistakes.length > 0) throw new SettingsError(mistakes);
	return settings;
}

/** The fields of a group; of a name of Object's there are none. */
function ownOf(groups: Readonly<Record<string, Fields>>, group: string): Fields | undefined {
	return Object.hasOwn(groups, group) ? groups[group] : undefined;
}

/** What goes into the request for a WebSocket has to be one word of visible ASCII. */
function webSocketMistakes({ broker }: Settings): string[] {
	if (broker.transport !== "websocket") return [];
	const mistakes: string[] = [];
	if (!broker.path.startsWith("/") || !isWord(broker.path))
		mistakes.push('broker.path: must begin with "/", and be of visible ASCII without blanks');
	if (!isWord(broker.host)) mistakes.push("broker.host: must be of visible ASCII without blanks");
	return mistakes;
}

function isWord(text: string): boolean {
	for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) < 33 || text.charCodeAt(i) > 126) return false;
	return true;
}

/** Usual addresses of the sensors that can be in the thermistor's place (drivers/i2c-parts.ts). */
const ADDRESSES = Object.freeze({ tmp117: 0x48, tmp102: 0x48, sht3x: 0x44 } as const);

/** A thermometer on the bus has an address of its own. */
function thermometerMistakes({ temperature, channels }: Settings): string[] {
	const { sensor, address } = temperature;
	if (address !== 0 && address < 8) return ["temperature.address: must be 8 to 119, or 0"];
	if (sensor === "ntc" || !channels.some(({ from }) => from === "thermometer")) return [];
	const own = address === 0 ? ADDRESSES[sensor as keyof typeof ADDRESSES] : address;
	const other = channels.find(({ from }) => typeof from !== "string" && from.address === own);
	return other ? [`temperature.address: 0x${own.toString(16)} is taken by channels.${other.key}`] : [];
}
