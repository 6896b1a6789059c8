// The table of channels: what a board's folder says, what settings lay over it, and every mistake at once.

import assert from "node:assert/strict";
import { ESP32, ESP32C3, ESP32S3 } from "../../../drivers/esp32.js";
import { SHT3X, TMP102, TMP117 } from "../../../drivers/i2c-parts.js";
import {
	bme280,
	digitalInput,
	foreignSensor,
	pulseCounter,
	sht3x,
	voltage,
} from "../../../drivers/sources.js";
import { isSetting, SettingsError, settingsOf } from "../../../modules/app/settings.js";
import { chooseSettings, LONGEST_TEXT } from "../../../modules/app/stored-settings.js";
import {
	CHANNEL_FIELDS,
	ChannelError,
	channelTable,
	type Gpio,
} from "../../../modules/core/channel-table.js";
import { type Channel, type ChannelEntry, NO_LIMIT } from "../../../modules/core/channels.js";
import { DEFAULT_CHANNELS, DEFAULT_TABLE } from "../../../modules/core/default-channels.js";

const CLIMATE = bme280();
type Entries = Record<string, ChannelEntry>;

function tableMistakes(entries: Entries): readonly string[] {
	try {
		channelTable(entries);
	} catch (error) {
		assert.ok(error instanceof ChannelError, String(error));
		return error.mistakes;
	}
	return [];
}

function settingsMistakes(channels: unknown, table: readonly Channel[] = DEFAULT_TABLE): readonly string[] {
	try {
		settingsOf(table, { channels });
	} catch (error) {
		assert.ok(error instanceof SettingsError, String(error));
		return error.mistakes;
	}
	return [];
}

describe("channelTable", () => {
	it("needs a key and a source; the rest comes from the sensor", () => {
		const [channel] = channelTable({ humidity: { from: CLIMATE } });
		assert.deepEqual(channel, {
			key: "humidity",
			from: CLIMATE,
			quantity: 1,
			unit: "%RH",
			decimals: 1,
			minimum: -NO_LIMIT,
			maximum: NO_LIMIT,
			scale: 1,
			offset: 0,
			intervalMs: 0,
			window: "mean",
			deadband: 0,
			high: NO_LIMIT,
			low: -NO_LIMIT,
			hysteresis: 0,
			missing: false,
			fragment: "mote_Humidity",
			series: "humidity",
			property: "humidity",
			type: "double",
		});
		assert.ok(Object.isFrozen(channel));
	});

	it("finds the quantity by the key, by its name, or because it is the only one", () => {
		const table = channelTable({
			pressure: { from: CLIMATE },
			attic: { from: CLIMATE, value: "temperature" },
			door: { from: digitalInput({ pin: 4 }) },
			up: { from: "uptime" },
			slow: { from: "clockOffset" },
		});
		assert.deepEqual(
			table.map(({ key, quantity, unit }) => [key, quantity, unit]),
			[
				["pressure", 2, "hPa"],
				["attic", 0, "C"],
				["door", 0, ""],
				["up", 1, "s"],
				["slow", 5, "ms"],
			],
		);
		assert.deepEqual(tableMistakes({ attic: { from: CLIMATE } }), [
			"attic: value must be one of temperature, humidity, pressure",
		]);
		assert.equal(tableMistakes({ attic: { from: CLIMATE, value: "light" } }).length, 1);
	});

	it("has the default four as they were", () => {
		assert.deepEqual(
			DEFAULT_TABLE.map(({ key, unit, decimals, fragment, series, property, type }) => [
				...[key, unit, decimals, fragment, series, property, type],
			]),
			[
				["temperature", "C", 2, "c8y_Temperature", "T", "temperature", "double"],
				["led", "%", 0, "mote_Led", "brightness", "led", "integer"],
				["buzzer", "Hz", 0, "mote_Buzzer", "frequency", "buzzer", "integer"],
				["speed", "rpm", 1, "mote_Speed", "measured", "speed", "double"],
			],
		);
	});

	it("lists every mistake at once, each with its channel", () => {
		assert.deepEqual(
			tableMistakes({
				Temperature: { from: CLIMATE, value: "temperature" },
				humidity: { from: CLIMATE, decimals: 5, window: "median" as never },
				pressure: { from: CLIMATE, colour: "blue" } as never,
			}),
			[
				"Temperature: a key is a small letter and up to 31 letters and digits",
				"humidity.decimals: must be 0 to 4",
				"humidity.window: must be one of last, mean, minimum, maximum",
				"pressure.colour: unknown setting",
			],
		);
		assert.deepEqual(
			tableMistakes({
				a: { from: "led", low: 5, high: 5, hysteresis: 1, unit: "a,b" },
				b: { from: "buzzer", minimum: 3, maximum: 3, scale: 0, fragment: "9lives" },
				c: { from: "uptime", fragment: "mote_A", series: "a", property: "a" },
			}),
			[
				"a.low: must be below high (5) by hysteresis (1), or both alarms stand at once",
				"a.unit: no comma and no quotes",
				"b.minimum: must be below maximum",
				"b.scale: must not be 0",
				"b.fragment: letters, digits, _ and -, a letter first",
				"c.series: another channel has fragment and series too",
				"c.property: another channel has it too",
			],
		);
	});

	it("says what is no source", () => {
		const standard =
			"thermometer, led, buzzer, tachometer, signal, uptime, memory, restarts, certificate, clockOffset";
		for (const [from, mistake] of [
			["thermometr", `a.from: must be a source, or one of ${standard}`],
			["toString", `a.from: must be a source, or one of ${standard}`],
			[undefined, `a.from: must be a source, or one of ${standard}`],
			[{}, `a.from: must be a source, or one of ${standard}`],
			[sht3x, "a.from: a function; call it, such as sht3x()"],
		] as const)
			assert.deepEqual(tableMistakes({ a: { from } as never }), [mistake]);
		assert.throws(() => bme280(0x18), /BME280: its address is 0x76 or 0x77/);
		assert.throws(() => sht3x(0x46), /SHT3x: its address is 0x44 or 0x45/);
	});

	it("has 1 to 16 channels", () => {
		const many = (n: number): Entries =>
			Object.fromEntries(Array.from({ length: n }, (_, i) => [`c${i}`, { from: "uptime" } as ChannelEntry]));
		assert.deepEqual(tableMistakes(many(16)), []);
		assert.equal(channelTable(many(1)).length, 1);
		for (const n of [0, 17])
			assert.deepEqual(tableMistakes(many(n)), [`there are ${n}, and must be 1 to 16`]);
	});
});

describe("parts that want the same place", () => {
	const pins = { temperature: 3, led: 4, buzzer: 5, motor: 6, tachometer: 7, data: 10, clock: 1 };
	const input = (pin: number): ChannelEntry => ({ from: digitalInput({ pin }) });
	const mistakes = (entries: Entries) => {
		try {
			channelTable(entries, pins);
		} catch (error) {
			return (error as ChannelError).mistakes;
		}
		return [];
	};

	it("are told apart from the board's own, and from one another", () => {
		assert.deepEqual(mistakes({ a: input(4), b: input(5), c: input(6), d: input(8), e: input(8) }), [
			"a: GPIO 4 is taken by the led",
			"b: GPIO 5 is taken by the buzzer",
			"c: GPIO 6 is taken by the motor",
			"e: GPIO 8 is taken by d",
		]);
		assert.deepEqual(mistakes({ ...DEFAULT_CHANNELS, a: input(3), b: input(7) }), [
			"a: GPIO 3 is taken by the thermometer",
			"b: GPIO 7 is taken by the tachometer",
		]);
		assert.deepEqual(mistakes({ a: input(3), b: input(7), c: input(10), d: input(1) }), []);
		// Settings may put a sensor on the bus in the thermistor's place.
		assert.equal(mistakes({ ...DEFAULT_CHANNELS, c: input(10) }).length, 1);
		assert.deepEqual(mistakes({ humidity: { from: sht3x() }, c: input(10), d: input(1) }), [
			"c: GPIO 10 is taken by the I²C bus",
			"d: GPIO 1 is taken by the I²C bus",
		]);
	});

	it("are told what their pin cannot do", () => {
		const table = (entries: Entries, gpio: Gpio) => {
			try {
				channelTable(entries, undefined, gpio);
			} catch (error) {
				return (error as ChannelError).mistakes;
			}
			return [];
		};
		assert.deepEqual(
			table(
				{
					a: input(99),
					b: input(6),
					c: input(35),
					d: { from: digitalInput({ pin: 36, pull: "none" }) },
					e: { from: voltage({ pin: 4 }), value: "voltage" },
					f: { from: voltage({ pin: 33 }), value: "voltage" },
					g: input(20),
				},
				ESP32,
			),
			[
				"a: the chip has no GPIO 99",
				"b: the chip's flash hangs on GPIO 6",
				"c: GPIO 35 has no resistor; put one on the board, and pull is none",
				"e: a voltage is measured on GPIO 32 to 39",
				"g: the chip has no GPIO 20",
			],
		);
		assert.equal(table({ a: input(1.5) }, ESP32C3).length, 1);
		assert.equal(
			table({ a: input(13), b: { from: voltage({ pin: 5 }), value: "level" } }, ESP32C3).length,
			2,
		);
		assert.equal(
			table({ a: input(30), b: { from: voltage({ pin: 11 }), value: "level" } }, ESP32S3).length,
			2,
		);
	});

	it("on the bus have an address each", () => {
		assert.deepEqual(
			mistakes({ a: { from: sht3x(), value: "humidity" }, b: { from: sht3x(0x45), value: "humidity" } }),
			[],
		);
		assert.deepEqual(
			mistakes({ a: { from: sht3x(), value: "humidity" }, b: { from: sht3x(), value: "humidity" } }),
			["b: address 0x44 is taken by a"],
		);
	});

	it("may be the same part, of which several channels show something", () => {
		const climate = sht3x();
		assert.deepEqual(mistakes({ humidity: { from: climate }, temperature: { from: climate } }), []);
	});
});

describe("channels in settings", () => {
	it("change single fields of a copy, and leave the others in the image", () => {
		const { channels } = settingsOf(DEFAULT_TABLE, { channels: { speed: { deadband: 2, unit: "1/min" } } });
		const { deadband, unit, key, fragment, quantity } = channels[3] as Channel;
		assert.deepEqual(
			{ deadband, unit, key, fragment, quantity },
			{ deadband: 2, unit: "1/min", key: "speed", fragment: "mote_Speed", quantity: 0 },
		);
		assert.deepEqual(
			Object.keys(channels[3] as Channel),
			["deadband", "unit"],
			"the rest stays in the image",
		);
		for (const place of [0, 1, 2]) assert.equal(channels[place], DEFAULT_TABLE[place]);
		assert.equal(settingsOf(DEFAULT_TABLE, { channels: {} }).channels.length, 4);
		assert.equal(settingsOf(DEFAULT_TABLE).channels, DEFAULT_TABLE);
	});

	it("switch channels off, and on again in what is laid over it", () => {
		const keys = (...layers: object[]) =>
			settingsOf(DEFAULT_TABLE, ...layers.map((channels) => ({ channels }))).channels.map(({ key }) => key);
		const off = { led: { off: true }, speed: { off: true } };
		assert.deepEqual(keys(off), ["temperature", "buzzer"]);
		assert.deepEqual(keys(off, { led: { off: false, deadband: 1 } }), ["temperature", "led", "buzzer"]);
		assert.deepEqual(
			settingsMistakes(Object.fromEntries(DEFAULT_TABLE.map(({ key }) => [key, { off: true }]))),
			["channels: at least one must be on"],
		);
	});

	for (const [channels, mistakes] of [
		[5, ["channels: must be an object of channels"]],
		[[], ["channels: must be an object of channels"]],
		[
			{ temprature: { off: true } },
			["channels.temprature: unknown channel; there are temperature, led, buzzer, speed"],
		],
		[
			{ toString: { off: true } },
			["channels.toString: unknown channel; there are temperature, led, buzzer, speed"],
		],
		[{ led: true }, ["channels.led: must be an object"]],
		[{ led: { from: "uptime" } }, ["channels.led.from: unknown setting"]],
		[{ led: { key: "lamp" } }, ["channels.led.key: unknown setting"]],
		[{ led: { off: 1 } }, ["channels.led.off: must be true or false"]],
		[{ led: { intervalMs: 0.5 } }, ["channels.led.intervalMs: must be a whole number"]],
		[{ led: { high: "hot" } }, ["channels.led.high: must be a number"]],
		[
			{ temperature: { low: 30, high: 20 }, led: { series: "a,b" } },
			[
				"channels.temperature.low: must be below high (20) by hysteresis (1), or both alarms stand at once",
				"channels.led.series: letters, digits, _ and -, a letter first",
			],
		],
	] as ReadonlyArray<[unknown, string[]]>)
		it(`refuses ${JSON.stringify(channels)}`, () => {
			assert.deepEqual(settingsMistakes(channels), mistakes);
		});

	it("of SAP's arrays have no interval of their own: an array has a place for each", () => {
		assert.throws(
			() =>
				settingsOf(DEFAULT_TABLE, {
					device: { cloud: "sap" },
					sap: { arrays: true },
					channels: { speed: { intervalMs: 5000 } },
				}),
			/channels.speed.intervalMs: not together with sap.arrays/,
		);
	});

	it("leave the thermometer's address on the bus alone", () => {
		const table = channelTable({ ...DEFAULT_CHANNELS, humidity: { from: sht3x() } });
		const mistakes = (temperature: object, channels = {}) => {
			try {
				settingsOf(table, { temperature, channels });
			} catch (error) {
				return (error as SettingsError).mistakes;
			}
			return [];
		};
		const taken = ["temperature.address: 0x44 is taken by channels.humidity"];
		assert.deepEqual(mistakes({ sensor: "sht3x" }), taken);
		assert.deepEqual(mistakes({ sensor: "tmp117", address: 0x44 }), taken);
		assert.deepEqual(mistakes({ sensor: "sht3x", address: 0x45 }), []);
		assert.deepEqual(mistakes({ sensor: "tmp102" }), []);
		assert.deepEqual(mistakes({ sensor: "sht3x" }, { temperature: { off: true } }), []);
		for (const [sensor, part] of [
			["tmp117", TMP117],
			["tmp102", TMP102],
			["sht3x", SHT3X],
		] as const)
			assert.equal(
				mistakes({ sensor, address: part.address }).length,
				mistakes({ sensor }).length,
				"the addresses in the settings are the parts' own",
			);
	});

	it("of SAP have another property than the date, and on JSON the time has its own name", () => {
		const dated = (cloud: string) => ({ device: { cloud }, sap: { dateProperty: "speed" } });
		assert.throws(() => settingsOf(DEFAULT_TABLE, dated("sap")), /channels.speed.property: sap.dateProperty/);
		settingsOf(DEFAULT_TABLE, dated("plain"));
		assert.deepEqual(tableMistakes({ time: { from: "uptime" } }), [
			"time: the time of a sample has this name in JSON",
		]);
	});

	it("have the type of their decimals, unless somebody says it", () => {
		const typeOf = (...layers: object[]) =>
			settingsOf(DEFAULT_TABLE, ...layers.map((led) => ({ channels: { led } }))).channels[1]?.type;
		assert.equal(typeOf({ decimals: 2 }), "double");
		assert.equal(typeOf({ decimals: 2, type: "float" }), "float");
		assert.equal(typeOf({ type: "long" }, { decimals: 2 }), "long");
		assert.equal(typeOf({ decimals: 2 }, { decimals: 0 }), "integer");
	});

	it("are known to the store by the board's own table", () => {
		const table = channelTable({ ...DEFAULT_CHANNELS, humidity: { from: CLIMATE } });
		const text = '{"channels":{"humidity":{"deadband":0.5,"high":80},"led":{"off":true}}}';
		const { settings, refused } = chooseSettings({}, text, undefined, undefined, table);
		assert.equal(refused, "");
		assert.deepEqual(
			settings.channels.map(({ key, high }) => [key, high]),
			[
				["temperature", NO_LIMIT],
				["buzzer", NO_LIMIT],
				["speed", NO_LIMIT],
				["humidity", 80],
			],
		);
		assert.match(chooseSettings({}, text).refused, /channels.humidity: unknown channel/);
		for (const [wrong, why] of [
			['{"channels":{"led":{"colour":1}}}', /channels.led.colour: unknown setting/],
			['{"channels":{"led":{"off":true,"off":false}}}', /channels.led.off: stands twice/],
			['{"channels":{"led":{"off":true},"led":{}}}', /channels.led: stands twice/],
			['{"channels":{"led":{"high":{"x":1}}}}', /nested too deep/],
			['{"channels":{"door":{"off":true},"led":{"off":1}}}', /channels.door: unknown channel/],
			['{"device":{"id":{"x":1}}}', /device.id.x: unknown setting/],
		] as const)
			assert.match(chooseSettings({}, wrong).refused, why);
	});

	it("are known by group, channel and field", () => {
		for (const [path, known] of [
			[["channels"], true],
			[["channels", "led"], true],
			[["channels", "led", "off"], true],
			[["channels", "led", "from"], false],
			[["channels", "lamp"], false],
			[["device", "id"], true],
			[["device", "id", "x"], false],
			[["toString"], false],
		] as ReadonlyArray<[string[], boolean]>)
			assert.equal(isSetting(DEFAULT_TABLE, path[0] as string, path[1], path[2]), known, path.join("."));
	});

	it("of sixteen channels fit into the store's text, with alarms, deadband and interval of each", () => {
		const keys = Array.from({ length: 16 }, (_, i) => `outdoorTemperature${i}`);
		const table = channelTable(
			Object.fromEntries(keys.map((key, i) => [key, { from: digitalInput({ pin: i }) }])),
		);
		const each = {
			intervalMs: 60_000,
			deadband: 0.25,
			high: 85.5,
			low: -25.5,
			hysteresis: 0.5,
			missing: true,
		};
		const text = JSON.stringify({
			device: { id: "mote-0001-in-the-barn", name: "Barn, north side", cloud: "cumulocity" },
			broker: { host: "iot.tenant.eu-latest.cumulocity.com", serverName: "*.eu-latest.cumulocity.com" },
			network: { ssid: "a network's name of 32 letters..", password: "x".repeat(63) },
			outbox: { keep: "all", measures: 60 },
			sampling: { intervalMs: 60_000, readMs: 1000 },
			channels: Object.fromEntries(keys.map((key) => [key, each])),
		});
		assert.ok(text.length < LONGEST_TEXT, `${text.length} characters`);
		const { settings, refused } = chooseSettings({}, text, undefined, undefined, table);
		assert.equal(refused, "");
		assert.equal(settings.channels[15]?.high, 85.5);
	});

	it("can change every field but the sensor", () => {
		const channel = DEFAULT_TABLE[0] as Channel;
		assert.deepEqual(
			Object.keys(CHANNEL_FIELDS)
				.filter((field) => field !== "off")
				.sort(),
			Object.keys(channel)
				.filter((field) => !["key", "from", "quantity"].includes(field))
				.sort(),
		);
	});
});

describe("sources", () => {
	it("refuse options that no driver would take, where the table is made", () => {
		for (const make of [
			() => pulseCounter({ pin: 1, recordMs: 100 }),
			() => pulseCounter({ pin: 1, debounceMs: -1 }),
			() => digitalInput({ pin: 1, debounceMs: 60_000 }),
			() => voltage({ pin: 1, emptyVolts: 10 }),
			() => voltage({ pin: 1, lowerOhms: 0 }),
		])
			assert.throws(make, RangeError);
		const from = foreignSensor({
			part: "X",
			quantities: [{ name: "x", unit: "a\nb", decimals: 5 }],
			make: () => ({ sample: () => ({}), close: () => {} }),
		});
		assert.deepEqual(tableMistakes({ x: { from } }), [
			"x.unit: must be well-formed, printable text",
			"x.decimals: must be 0 to 4",
		]);
	});

	it("say where their part hangs, and which channels read the same one", () => {
		const battery = voltage({ pin: 3, upperOhms: 300_000, lowerOhms: 100_000 });
		assert.deepEqual([battery.part, battery.pin, battery.ratio], ["voltage", 3, 0.25]);
		assert.deepEqual([sht3x().address, sht3x(0x45).address, bme280(0x77).address], [0x44, 0x45, 0x77]);
		assert.deepEqual(digitalInput({ pin: 4, states: ["shut", "open"] }).states, ["shut", "open"]);
		assert.equal(digitalInput({ pin: 4 }).states, undefined);
	});
});
