// Settings: one typed object with defaults and ranges. Whatever fills it (the manifest's config, a file, later the
// store and the cloud), every mistake is listed in one error.

import { LEVELS } from "../core/log.js";
import { encodeUtf8 } from "../core/utf8.js";
import { filterFault, topicMatches, unshared, withId } from "../mqtt/topic.js";
import { INTERVAL_RANGE } from "./commands.js";

/** Longest topic; with four bytes a character it still fits into half of the output stage. */
const MAX_TOPIC = 184;

/** The settings of `plain` that are topics. */
const TOPICS = Object.freeze(["measures", "commands", "results", "status", "health"] as const);

interface TextField {
	readonly type: "text";
	readonly value: string;
	readonly min: number;
	readonly max: number;
}
interface NumberField {
	readonly type: "number";
	readonly value: number;
	readonly min: number;
	readonly max: number;
	readonly whole: boolean;
}
interface FlagField {
	readonly type: "flag";
	readonly value: boolean;
}
interface ChoiceField<T extends string | number> {
	readonly type: "choice";
	readonly value: T;
	readonly among: readonly T[];
}
type Field = TextField | NumberField | FlagField | ChoiceField<string> | ChoiceField<number>;

/** A text of `min` to `max` characters. */
const text = (value: string, max: number, min = 0): TextField =>
	Object.freeze({ type: "text", value, min, max });
const whole = (value: number, min: number, max: number): NumberField =>
	Object.freeze({ type: "number", value, min, max, whole: true });
const real = (value: number, min: number, max: number): NumberField =>
	Object.freeze({ type: "number", value, min, max, whole: false });
const flag = (value: boolean): FlagField => Object.freeze({ type: "flag", value });
const choice = <T extends string | number>(value: T, among: readonly T[]): ChoiceField<T> =>
	Object.freeze({ type: "choice", value, among: Object.freeze(among) as readonly T[] });

/** Groups, their settings, defaults and ranges. */
export const SCHEMA = Object.freeze({
	device: Object.freeze({
		/** Identity: Cumulocity's deviceIdentifier, SAP's device alternateId. No colon, slash, + or #. */
		id: text("mote-0001", 64, 1),
		/** Name that the cloud shows. */
		name: text("Mote", 64, 1),
		cloud: choice("cumulocity", ["cumulocity", "sap", "plain"]),
		log: choice("info", LEVELS),
	}),
	broker: Object.freeze({
		host: text("localhost", 253, 1),
		port: whole(8883, 1, 65535),
		tls: flag(true),
		/** Name that the server's certificate must have; empty: the host. */
		serverName: text("", 253),
		/** Protocol asked for in the handshake (ALPN), such as "mqtt" or "x-amzn-mqtt-ca"; empty: none. */
		alpn: text("", 64),
		/**
		 * Longest content of TLS records that the server is asked for, bytes (RFC 6066, 4); 0: nothing is asked for. It saves memory
		 * where records are long. A server may ignore it.
		 */
		fragmentBytes: choice(0, [0, 512, 1024, 2048, 4096]),
		/** Mutual TLS with client.der and client.pk8 of the image or the store. */
		clientCertificate: flag(true),
		username: text("", 256),
		password: text("", 512),
		/** Seconds. */
		keepAlive: whole(60, 5, 65535),
	}),
	/** Wi-Fi of a board; in the simulators and on a laptop the network is there already, and this stays empty. */
	network: Object.freeze({
		/** Networks that are known, tried in this order; empty: none. At most 32 and 64 bytes. */
		ssid: text("", 32),
		password: text("", 64),
		ssid2: text("", 32),
		password2: text("", 64),
		ssid3: text("", 32),
		password3: text("", 64),
		/** Time servers, asked in turn; ":port" behind the name if it is not 123. */
		sntp: text("0.pool.ntp.org", 253, 1),
		sntp2: text("1.pool.ntp.org", 253, 1),
	}),
	sampling: Object.freeze({
		/** Pause between samples, ms. */
		intervalMs: whole(1000, INTERVAL_RANGE[0], INTERVAL_RANGE[1]),
		/**
		 * With one of them above 0 a sample is left out whose values have not changed by more than this, °C and rpm, since the
		 * last one that was sent, and LED and buzzer not at all; but after heartbeatMs, ms, one is sent in any case.
		 */
		deadbandC: real(0, 0, 100),
		deadbandRpm: real(0, 0, 100_000),
		heartbeatMs: whole(600_000, 1000, 86_400_000),
		/** Pause between the values of these sensors, ms, where it is longer than that between samples; 0: in every sample. */
		temperatureMs: whole(0, 0, 86_400_000),
		speedMs: whole(0, 0, 86_400_000),
		/** QoS of measures; operation results always go at QoS 1. */
		qos: choice(1, [0, 1, 2]),
	}),
	outbox: Object.freeze({
		/** Samples that are kept while the link is down; the oldest give way. */
		measures: whole(120, 4, 60000),
		/** Operation results and events that are kept. */
		events: whole(8, 4, 256),
		/**
		 * What survives a power cut in flash: nothing; operation results, events and what has to be known of commands; or the
		 * measures as well.
		 */
		keep: choice("off", ["off", "events", "all"]),
	}),
	cumulocity: Object.freeze({
		type: text("mote", 64, 1),
		/** Send 201 (several values in one row) instead of a 200 per value; needs a newer tenant. */
		multiple: flag(false),
		/**
		 * Minutes within which the cloud hears of the node, also when there is nothing to say; 117 gives a new device this
		 * interval. 0: no 117 and no signs of life.
		 */
		requiredAvailability: whole(10, 0, 10080),
		/** Send 122 (agent) and 110 (hardware). */
		describe: flag(true),
		/** The actuator that 518 (c8y_Relay) switches. */
		relay: choice("led", ["led", "buzzer", "speed"]),
		/** Subscribe s/e and log what it says. */
		debug: flag(false),
	}),
	sap: Object.freeze({
		sensor: text("mote-sensor", 64, 1),
		measureCapability: text("mote-measures", 64, 1),
		commandCapability: text("mote-commands", 64, 1),
		/** Samples as arrays in property order instead of objects. */
		arrays: flag(false),
		/** Send measureMessageId, which newer gateways return in the ack. */
		messageId: flag(true),
		/** Name of a property of type date that takes the sample's time; then samples travel together. Empty: none. */
		dateProperty: text("", 64),
		/** Longest wait for an ack, ms. */
		ackMs: whole(10_000, 500, 600_000),
	}),
	plain: Object.freeze({
		/** %id is replaced by the device's id. */
		measures: text("mote/%id/measures", 120, 1),
		/**
		 * May have wildcards. Where the last level is one, what the topic has there stands in front of the payload: by
		 * "40%" on mote/<id>/commands/led the command is "led 40%".
		 */
		commands: text("mote/%id/commands/#", 120, 1),
		results: text("mote/%id/results", 120, 1),
		status: text("mote/%id/status", 120, 1),
		/** Once in each connection, where something is known: how board and network are doing, for people. Empty: not sent. */
		health: text("mote/%id/health", 120),
		/** QoS at which commands are asked for, and of results and status; that of measures is sampling.qos. */
		commandsQos: choice(1, [0, 1, 2]),
		resultsQos: choice(1, [0, 1, 2]),
		statusQos: choice(1, [0, 1, 2]),
		/** JSON objects, or the values alone: "21.51,0,0,0.0", and "SUCCESSFUL" or "FAILED: reason". */
		format: choice("json", ["json", "raw"]),
		/** Let the session outlive the connection: what was under way goes on, and commands wait at the broker. */
		persistent: flag(false),
		/** Carry out retained commands too: they come again with every subscription. */
		retainedCommands: flag(false),
	}),
	/** Alarms; those of the temperature are off where a limit is the default. */
	alarms: Object.freeze({
		/** Above and below: an alarm, °C. */
		highC: real(300, -100, 300),
		lowC: real(-100, -100, 300),
		/** An alarm ends this far inside its limit, °C. */
		hysteresisC: real(1, 0, 100),
		/** An alarm also for a sensor that gives no value three times in a row. */
		sensor: flag(false),
		severity: choice("MAJOR", ["CRITICAL", "MAJOR", "MINOR", "WARNING"]),
		/** An alarm when the device's certificate has fewer days left than this; 0: only once it has ended. */
		certificateDays: whole(30, 0, 3650),
	}),
	temperature: Object.freeze({
		/** The thermistor on the ADC, or a sensor on the I²C bus. */
		sensor: choice("ntc", ["ntc", "tmp117", "tmp102", "sht3x"]),
		/** On the bus; 0: the usual one, 0x48 for TMP117 and TMP102, 0x44 for SHT3x. */
		address: whole(0, 0, 119),
		/** Added to what the sensor gives, °C: for a chip whose ADC was never calibrated, or a board that warms its sensor. */
		offsetC: real(0, -50, 50),
	}),
	thermistor: Object.freeze({
		/** Resistance at 25 °C, ohms. */
		nominalOhms: real(10_000, 100, 1e6),
		/** Fixed resistor between supply and thermistor, ohms. */
		seriesOhms: real(33_000, 100, 1e6),
		/** Of the divider, V. */
		supplyVolts: real(3.3, 1, 5.5),
		/** Kelvin. */
		beta: real(3950, 1000, 6000),
		/** Steinhart-Hart coefficients, in the place of beta: 1/T = A + B ln R + C (ln R)^3, kelvin and ohms. All 0: beta. */
		steinhartA: real(0, -1, 1),
		steinhartB: real(0, -1, 1),
		steinhartC: real(0, -1, 1),
		/** Readings outside are faults, °C. */
		minimumC: real(-40, -100, 100),
		maximumC: real(125, 0, 300),
	}),
	led: Object.freeze({
		/** On a pin that is only on or off, not dimmed. */
		digital: flag(false),
		/** Duty = brightness to this power; with 2.2 half of the brightness looks like half. */
		gamma: real(1, 1, 4),
	}),
	buzzer: Object.freeze({
		/** Share of a period in which the pin is high, %: 50 is loudest, less spares the piezo and its transistor. */
		dutyPercent: real(50, 1, 50),
		/** A tone or pattern ends after this, ms, also one until further notice; 0: never. */
		longestMs: whole(0, 0, 86_400_000),
	}),
	motor: Object.freeze({
		/** Speed at full duty, rpm; the upper limit of the speed command. */
		maxRpm: real(200, 1, 100_000),
		/** Change of the target per second, rpm/s. */
		rampRpmPerS: real(400, 1, 1e6),
		/** Edges of the tachometer per revolution. */
		pulsesPerRevolution: whole(20, 1, 1000),
	}),
});

type Widen<T> = T extends string ? (string extends T ? string : T) : T;
type ValueOf<F> =
	F extends ChoiceField<infer T>
		? Widen<T>
		: F extends { value: string }
			? string
			: F extends { value: number }
				? number
				: boolean;
export type Settings = {
	readonly [G in keyof typeof SCHEMA]: {
		readonly [K in keyof (typeof SCHEMA)[G]]: ValueOf<(typeof SCHEMA)[G][K]>;
	};
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

type Input = Readonly<Record<string, unknown>>;

/** The groups as they are without input: in the image, so that those nobody changes cost a board no memory. */
const DEFAULTS: Readonly<Record<string, Input>> = Object.freeze(
	Object.fromEntries(
		Object.entries(SCHEMA as Readonly<Record<string, Readonly<Record<string, Field>>>>).map(
			([group, fields]) => [
				group,
				Object.freeze(Object.fromEntries(Object.entries(fields).map(([key, field]) => [key, field.value]))),
			],
		),
	),
);

/** Whether there is such a group, or such a setting in it. */
export function isSetting(group: string, key: string | undefined): boolean {
	const groups = SCHEMA as Readonly<Record<string, Readonly<Record<string, Field>>>>;
	return Object.hasOwn(groups, group) && (key === undefined || Object.hasOwn(groups[group] as object, key));
}

/** Defaults overlaid by each of `inputs` in turn; a group without input is frozen. Throws a SettingsError. */
export function makeSettings(...inputs: readonly unknown[]): Settings {
	const mistakes: string[] = [];
	const result: Record<string, Readonly<Record<string, unknown>>> = {};
	const groups = SCHEMA as Readonly<Record<string, Readonly<Record<string, Field>>>>;
	for (const group of Object.keys(groups))
		result[group] = DEFAULTS[group] as Readonly<Record<string, unknown>>;
	for (const input of inputs) {
		if (input === undefined) continue;
		if (!isRecord(input)) {
			mistakes.push("settings must be an object of groups");
			continue;
		}
		for (const group of Object.keys(input)) {
			const fields = Object.hasOwn(groups, group) ? groups[group] : undefined;
			const values = input[group];
			if (fields === undefined) mistakes.push(`${group}: unknown group`);
			else if (!isRecord(values)) mistakes.push(`${group}: must be an object`);
			else result[group] = overlay(group, fields, values, result[group] as Input, mistakes);
		}
	}
	const settings = result as unknown as Settings;
	const badId = hasAny(settings.device.id, ":/+#") || hasBlank(settings.device.id);
	if (badId) mistakes.push("device.id: no colon, slash, +, # or blank");
	for (const key of TOPICS) {
		const pattern = settings.plain[key];
		const topic = withId(pattern, settings.device.id);
		if (topic.length > MAX_TOPIC)
			mistakes.push(`plain.${key}: longer than ${MAX_TOPIC} characters with the id`);
		if (key === "commands") {
			const fault = filterFault(pattern);
			if (fault !== "") mistakes.push(`plain.commands: ${fault}`);
			else if (!badId)
				for (const own of heard(settings, topic))
					mistakes.push(`plain.commands: takes in plain.${own}, so that the node would answer itself`);
		} else if (hasAny(pattern, "+#")) mistakes.push(`plain.${key}: no wildcard [MQTT-3.3.2-2]`);
	}
	if (settings.broker.password !== "" && settings.broker.username === "")
		mistakes.push("broker.password: needs broker.username [MQTT-3.1.2-22]");
	for (const key of ["", "2", "3"] as const) {
		const ssid = settings.network[`ssid${key}`];
		const password = settings.network[`password${key}`];
		if ((encodeUtf8(ssid)?.length ?? 33) > 32)
			mistakes.push(`network.ssid${key}: must have at most 32 bytes`);
		if (password !== "" && ssid === "") mistakes.push(`network.password${key}: needs network.ssid${key}`);
		if (password !== "" && password.length < 8)
			mistakes.push(`network.password${key}: must have 8 to 64 characters`);
	}
	const { deadbandC, deadbandRpm, temperatureMs, speedMs } = settings.sampling;
	if (deadbandC + deadbandRpm > 0 && temperatureMs + speedMs > 0)
		mistakes.push("sampling.temperatureMs and speedMs: not together with a deadband");
	const { highC, lowC, hysteresisC } = settings.alarms;
	// Either of them is off at its default.
	if (highC < SCHEMA.alarms.highC.max && lowC > SCHEMA.alarms.lowC.min && lowC > highC - hysteresisC)
		mistakes.push(
			"alarms.lowC: must be below alarms.highC by alarms.hysteresisC, or both alarms stand at once",
		);
	const { address } = settings.temperature;
	if (address !== 0 && address < 8) mistakes.push("temperature.address: must be 8 to 119, or 0");
	if (settings.thermistor.minimumC >= settings.thermistor.maximumC)
		mistakes.push("thermistor.minimumC: must be below thermistor.maximumC");
	if (mistakes.length > 0) throw new SettingsError(mistakes);
	return settings;
}

/** Topics of the node's own that a filter takes in. */
function heard({ plain, device }: Settings, filter: string): string[] {
	const bytes = encodeUtf8(unshared(filter)) ?? new Uint8Array(0);
	return TOPICS.filter((key) => {
		const topic = key === "commands" ? undefined : encodeUtf8(withId(plain[key], device.id));
		return topic !== undefined && topic.length > 0 && topicMatches(bytes, topic, 0, topic.length);
	});
}

function overlay(
	group: string,
	fields: Readonly<Record<string, Field>>,
	values: Input,
	base: Input,
	mistakes: string[],
): Input {
	const keys = Object.keys(values);
	if (keys.length === 0) return base;
	const result: Record<string, unknown> = { ...base };
	for (const key of keys) {
		const field = Object.hasOwn(fields, key) ? fields[key] : undefined;
		const mistake = field === undefined ? "unknown setting" : check(field, values[key]);
		if (mistake === "") result[key] = values[key];
		else mistakes.push(`${group}.${key}: ${mistake}`);
	}
	return result;
}

/** What is wrong with a value, or "". */
function check(field: Field, value: unknown): string {
	switch (field.type) {
		case "text":
			if (typeof value !== "string") return "must be a text";
			if (!isPrintable(value)) return "must be well-formed, printable text";
			return value.length >= field.min && value.length <= field.max
				? ""
				: `must have ${field.min} to ${field.max} characters`;
		case "number":
			if (typeof value !== "number" || (field.whole && !Number.isInteger(value)))
				return field.whole ? "must be a whole number" : "must be a number";
			return value >= field.min && value <= field.max ? "" : `must be ${field.min} to ${field.max}`;
		case "flag":
			return typeof value === "boolean" ? "" : "must be true or false";
		default:
			return (field.among as readonly unknown[]).includes(value)
				? ""
				: `must be one of ${field.among.join(", ")}`;
	}
}

function hasAny(text: string, characters: string): boolean {
	for (const character of characters) if (text.includes(character)) return true;
	return false;
}

function hasBlank(text: string): boolean {
	for (const character of text) if (character.trim() === "") return true;
	return false;
}

/** No lone surrogate, no control character. */
function isPrintable(value: string): boolean {
	const bytes = encodeUtf8(value);
	if (bytes === undefined) return false;
	for (let i = 0; i < bytes.length; i++) {
		const c = bytes[i] as number;
		// C1 controls, U+0080 to U+009F, are C2 80 to C2 9F.
		if (c < 32 || c === 127 || (c === 0xc2 && (bytes[i + 1] as number) < 0xa0)) return false;
	}
	return true;
}

function isRecord(value: unknown): value is Input {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}
