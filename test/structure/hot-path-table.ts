// What is on the hot path, and what in it is excused, with the reason.

/** What holds the hot path. */
export const HOT_PATHS: readonly string[] = [
	"main.ts",
	...["modules/core", "modules/mqtt", "modules/outbox", "modules/cloud", "drivers"],
	...[
		"channel-watch",
		"command-desk",
		"commands",
		"deadband",
		"delivery",
		"health",
		"measuring",
		"node",
		"node-facts",
		"observer",
		"reporter",
		"sampler",
		"windows",
	].map((name) => `modules/app/${name}.ts`),
	...["clock", "contained-tcp", "socket-transport", "timers"].map((name) => `modules/platform/${name}.ts`),
];

/** Of these what is read at start only: constants of pins, and settings. */
export const START_ONLY =
	/\/boards\/|\/(settings|shared-settings|kind|clouds|schema|channel-table|default-channels)\.ts$/;

/**
 * File → functions that are cold ("a, b"), or so many findings in functions ("a, b: throw, 2 template") →
 * why.
 */
export type Table = Readonly<Record<string, Readonly<Record<string, string>>>>;

const START = "only at start";
const CONNECTION = "once per connection";
const MISUSE = "a programmer's error";
const REFUSED = "the reason of a refused command";
const ERROR = "something went wrong";
const SENSOR_CLASS = "Ecma-419's form of a sensor; the node calls read";

/** Entries that nothing needs any more fail the test. */
export const EXCEPTIONS: Table = {
	"main.ts": {
		"main, roomOf, roomOf > fault, roomOf > fitting, readSettings, configNetwork, tellSettings, makeCloud, makeBoard, makeTransport, makeSocket, makeNetwork, knownNetworks":
			START,
	},
	"modules/core/bytes.ts": { "ownMethods, digitView, ascii": START },
	"modules/core/channels.ts": { "emptySample, quantity": START },
	"modules/core/iso-time.ts": { keepIsoTime: START },
	"modules/core/visible.ts": { visible: REFUSED },
	"modules/core/number.ts": { "convert: string-concat, to-string": "over 15 digits, or beyond 1e-22" },
	"modules/outbox/arena.ts": { "lane, routes, bytesFor, constantBytes": START },
	"modules/outbox/ring.ts": { "addStamp: throw": MISUSE, restore: START },
	"modules/outbox/lane.ts": { sign: START },
	"modules/outbox/outbox.ts": { "checkTopic: throw": MISUSE },
	"modules/outbox/stamp.ts": { keep: START },
	"modules/outbox/record-template.ts": {
		"templateBytes, recordTemplate, setUp, makePiece, wholePiece, tenthsPiece, hundredthsPiece, finePiece, keepNumber":
			START,
	},
	"modules/core/utf8.ts": { encodeUtf8: START, decodeUtf8: "texts for people, of what is refused" },
	"modules/mqtt/close-codes.ts": { describeClose: CONNECTION },
	"modules/outbox/opening-message.ts": { "copy: view": "a step of the opening" },
	"modules/mqtt/encode.ts": { writeConnect: CONNECTION },
	"modules/mqtt/output.ts": { "constructor > views": START },
	"modules/mqtt/frame-output.ts": { "draw: view": "one frame in KEYS" },
	"modules/mqtt/frame-reader.ts": {
		"keep, controlled, closeWords": "a control frame",
		"part, ended: cold-call": "a control frame",
		"firstFault: template": "a broken rule",
	},
	"modules/mqtt/upgrade.ts": { "take, isHttp, fault, read, text, base64, sign": CONNECTION },
	"modules/mqtt/upgrading.ts": { "begin, send": CONNECTION },
	"modules/mqtt/web-socket.ts": {
		"pong, sendClose, send": "a control frame",
		"close, writable, violation: cold-call": "a control frame",
		"control: 3 cold-call": "a control frame",
	},
	"modules/mqtt/publish-header.ts": { publishHeader: START },
	"modules/mqtt/filter-request.ts": { "write: throw": MISUSE },
	"modules/mqtt/session.ts": {
		"opened, connack": CONNECTION,
		"write: throw": MISUSE,
	},
	"modules/mqtt/topic.ts": { "mqttText, topicName, topicFilter, filterFault, withId, unshared": START },
	"modules/cloud/connect.ts": { connectOptions: START },
	"modules/cloud/cumulocity/availability.ts": { hash: START },
	"modules/cloud/cumulocity/bootstrap.ts": {
		"attach, use, stored, step, row, row > column, ended, goBack, isShort": "until there are credentials",
		"tick: cold-call": "until there are credentials",
	},
	"modules/cloud/cumulocity/cumulocity.ts": {
		"connection, template, attach, attach > map, makeOwn, makeOwn > text": START,
		"tooLong, refuseById": "an operation that is refused",
		"document: cold-call": "an operation that is refused",
		alarm: "an alarm begins or ends",
		event: "an edge of an input",
		reportRow: "an alarm, or an edge of an input",
		certificateDays: "once a day",
		signalStrength: "once an hour",
		tell: "an alarm, or once an hour or a day",
		"answer: template": ERROR,
		error: "s/e: what the cloud refused",
		"other: cold-call": "s/e: what the cloud refused",
	},
	"modules/cloud/cumulocity/children.ts": {
		"name, encode, route": START,
		"entry, idOf, targetNamed, relayOf, supports": "an operation, or once in a boot",
		"step, row, operations": CONNECTION,
	},
	"modules/cloud/cumulocity/relay-states.ts": { "tell, disconnected": "once for each 518" },
	"modules/cloud/cumulocity/lanes.ts": {
		"hasChildren, collectionOf, collectionName, targetPlaces, measuresTopic, encoderOf, measuresLane, eventsLane, laneOf, payloadBytes":
			START,
	},
	"modules/cloud/cumulocity/measures.ts": { "template, head, tail": START },
	"modules/cloud/cumulocity/opening.ts": {
		"step, publish, subscribe, description, condition, lastWords": CONNECTION,
		"tick: cold-call": "once in a boot",
		"conclude, went": "once in a boot",
	},
	"modules/cloud/cumulocity/operations.ts": {
		"row, refuse: cold-call": "an operation that is not supported",
		"refuseUnless: array-literal": "the first operation that is refused",
		"interrupted, settled: cold-call": "once in a boot",
		"switched: new": "the first 518",
	},
	"modules/cloud/cumulocity/operation-answers.ts": {
		heads: START,
		"fragmentName, unsupported": "once in a boot, or an operation that is refused",
		"queue: template, 2 cold-call": "the reason of a failed operation",
	},
	"modules/cloud/cumulocity/operation-markers.ts": {
		"noteOperation: 2 template": "the marker of an operation with an id, or of a child's",
		"interruptedOperations, lastRow, isOf, markerAt": "once in a boot",
	},
	"modules/cloud/cumulocity/relays.ts": {
		relayOf: START,
		planAll: "519: what several relays do is a text",
		"plan: cold-call": "519: what several relays do is a text",
	},
	"modules/cloud/cumulocity/notifications.ts": {
		read: "an operation that is no JSON",
		tolerant: START,
		"next: cold-call": "each document is read by a function of its own",
	},
	"modules/cloud/cumulocity/own-measures.ts": {
		"template, definition, request, nameOf, hex": START,
	},
	"modules/cloud/cumulocity/own-templates.ts": { "step, publish, answer, is, wait": CONNECTION },
	"modules/cloud/cumulocity/rows.ts": { quoteColumn: "the opening, and the reason of a failed operation" },
	"modules/cloud/portions.ts": { "targetsOf, has, placesOf, channelsAt, ownerMistakes": START },
	"modules/cloud/sap-iot/sensors.ts": { "make, add, idOf, capabilityOf, entry": START },
	"modules/cloud/sap-iot/results.ts": { tell: "what became of a command" },
	"modules/cloud/plain/plain.ts": {
		"constructor > map, constructor > topic, template": START,
		opening: CONNECTION,
		"compose: 2 cold-call": REFUSED,
		"addWords: 2 view": "a command with words in its topic",
		"alarm, event, tell, jsonTime": "an alarm begins or ends, or an edge of an input",
	},
	"modules/cloud/sap-iot/acks.ts": {
		"message: string-member, template, 2 cold-call": "only refusals come with texts",
	},
	"modules/cloud/sap-iot/measures.ts": { "template, bytes, headOf, nameOf, bytesOf, nameBytes": START },
	"modules/cloud/sap-iot/sap-iot.ts": {
		"hasSensors, encoderOf, commandOf, measuresLane, eventsLane": START,
		opening: CONNECTION,
		"malformed, oneAck: template": ERROR,
	},
	"modules/cloud/text.ts": { "utf8, jsonString, listed": START, jsonBytes: REFUSED },
	"modules/app/node.ts": {
		"start, makeArena, templatesOf": START,
		publish: "what the inventory is told of a relay",
		"ended: to-string": ERROR,
	},
	"modules/app/delivery.ts": {
		"makeKeeper, makeKeeper > failed, resume": START,
		sessionClosed: CONNECTION,
		"confirm: template": "a message that the cloud refused",
		"skipped, quarantined: template": ERROR,
	},
	"modules/app/channel-watch.ts": { of: START },
	"modules/app/deadband.ts": { of: START },
	"modules/app/windows.ts": { of: START },
	"modules/app/measuring.ts": {
		"read: cold-call": "an alarm begins or ends",
		tellAlarms: "an alarm begins or ends",
		edge: "an edge of an input",
		"noteMissing: cold-call": "a channel loses its values, or has them again",
		tellSilent: "a channel loses its values, or has them again",
	},
	"modules/app/reporter.ts": {
		"certificateWords, certificateAlarm, certificateEnds": "an alarm begins or ends",
	},
	"modules/app/command-desk.ts": {
		"refusal: template": ERROR,
		"told: template": REFUSED,
		"keep: array-literal": "for whoever watches: never on a board",
		"text: cold-call": "for whoever watches: never on a board",
	},
	"modules/outbox/keeper.ts": {
		"bytesFor, open, replay, replayLost, isUnderWay": START,
	},
	"modules/app/commands.ts": {
		text: REFUSED,
		"reason: cold-call, string-concat": REFUSED,
		"inRange: 2 template": REFUSED,
		"parse: 2 template": REFUSED,
	},
	"modules/platform/contained-tcp.ts": {
		again: CONNECTION,
		"constructor > onReadable, constructor > onWritable, constructor > onError, again > set: cold-call":
			ERROR,
		fail: ERROR,
	},
	"modules/platform/socket-transport.ts": {
		"open, open > resolve, connect, isAddress": CONNECTION,
		"write: throw": "the socket has died",
		"failed: string-member": "the connection has ended",
	},
	"modules/platform/timers.ts": { create: START },
	"drivers/buzzer.ts": {
		"constructor > orRelease": START,
		sample: SENSOR_CLASS,
		"read: throw": MISUSE,
		"play: 3 throw": MISUSE,
		"play: new, object-literal":
			"Ecma-419's PWM takes its frequency when it is made; the README says what it costs",
	},
	"drivers/input-pin.ts": { "inputMode: throw": MISUSE, checkDebounce: START },
	"drivers/led.ts": { sample: SENSOR_CLASS, "read: throw": MISUSE, "write: 2 throw": MISUSE },
	"drivers/motor.ts": {
		"constructor > orRelease": START,
		"read: throw": MISUSE,
		"write: 2 throw, template": MISUSE,
	},
	"drivers/adjustment.ts": { of: START },
	"drivers/bme280.ts": { "start, coefficientsOf": "the sensor starts" },
	"drivers/digital-input.ts": {
		"constructor > orRelease": START,
		sample: SENSOR_CLASS,
		"level: throw": MISUSE,
	},
	"drivers/esp32.ts": { range: "when the image is linked" },
	"drivers/edge-input.ts": { "constructor > orRelease": START, "opened: throw": MISUSE },
	"drivers/i2c-bus.ts": { "freeBus, freeBus > open": "a bus that is blocked" },
	"drivers/i2c-parts.ts": { partQuantity: START },
	"drivers/i2c-sensor.ts": {
		"sample, configure": SENSOR_CLASS,
		"read: throw": MISUSE,
		"constructor > orRelease": START,
		reopen: "once in a while of a sensor that is silent",
		"failed: cold-call": "once in a while of a sensor that is silent",
		open: "at start, and once in a while of a sensor that is silent",
	},
	"drivers/node-board.ts": {
		close: "at the end",
		"make, makeThermometer, sensorOnBus, wire": START,
	},
	"drivers/ntc-thermistor.ts": { "sample, configure": SENSOR_CLASS, "read: throw": MISUSE },
	"drivers/pulse-counter.ts": {
		checkRecords: START,
		sample: SENSOR_CLASS,
		"record: to-string": "a total beyond 31 bits, at most once in ten minutes",
	},
	"drivers/sampled-sensor.ts": {
		"read: throw": MISUSE,
		"failed: to-string": "the sensor has failed",
		"read: key": "what a class of somebody else returns is an object each time anyway",
	},
	"drivers/sources.ts": {
		"i2c, addressesOf, addressesOf > map, sht3x, bme280, tmp117, tmp102, i2c > make, digitalInput, digitalInput > make, pulseCounter, pulseCounter > make, voltage, voltage > make, foreignSensor, foreignSensor > map, foreignSensor > make":
			START,
	},
	"drivers/tachometer.ts": { sample: SENSOR_CLASS },
	"drivers/voltage-input.ts": {
		checkVoltage: START,
		"sample, configure": SENSOR_CLASS,
		"read: throw": MISUSE,
	},
};
