// What a message costs on the engine in a session that stands: a write of 200 bytes, and the 60 bytes that
// come back for it. Collected before each, so that what is taken then is what the message took. For
// test/system/chip/tls-proof.ts.

import { chipFact } from "chip";
import Debug from "debug";
import config from "mc/config";
import { makeSettings } from "modules/app/settings";
import { Fact } from "modules/app/vitals";
import { Log } from "modules/core/log";
import { Network } from "modules/network/network";
import { SystemClock } from "modules/platform/clock";
import { identity } from "modules/platform/identity";
import { SocketTransport } from "modules/platform/socket-transport";
import { PreferenceStore } from "modules/platform/store";
import { SntpSource } from "modules/platform/time-source";
import { SystemTimers } from "modules/platform/timers";
import { WifiRadio } from "modules/platform/wifi";

const ROUNDS = 12;
const MESSAGE = 200;

export default function start(): void {
	const settings = makeSettings((config as { mote?: unknown }).mote);
	const { host, port, serverName, tls } = settings.broker;
	const timers = new SystemTimers();
	const clock = new SystemClock();
	const own = tls ? identity(true) : undefined;
	const transport = new SocketTransport(
		{ host, port, ...(own && { tls: { serverName, alpn: "", fragmentBytes: 0, ...own } }) },
		timers,
	);
	const message = new Uint8Array(MESSAGE);
	let round = 0;
	let slots = 0;
	let chunks = 0;
	let written = "";
	const mark = () => {
		Debug.gc();
		slots = chipFact(Fact.Slots);
		chunks = chipFact(Fact.Chunks);
	};
	const taken = () => `${(chipFact(Fact.Slots) - slots) / 16} slots, ${chipFact(Fact.Chunks) - chunks} bytes`;
	const calling = (due: () => void) => timers.create({ due });
	const next = calling(() => {
		mark();
		transport.write(message.length, message, undefined, undefined);
		written = taken();
		mark();
	});
	const { sntp, ssid, password } = settings.network;
	const network = new Network({
		radio: new WifiRadio(),
		networks: [{ ssid, password }],
		clock,
		source: new SntpSource(clock, Math.random),
		servers: [sntp],
		tls,
		random: Math.random,
		store: new PreferenceStore(),
		log: new Log((level, text) => trace(level, text, "\n"), "info"),
	});
	const tick = calling(() => {
		network.tick(clock.monotonic());
		tick.start(500);
	});
	network.start(
		{
			networkChanged() {},
			networkUp() {
				transport.open({
					opened: () => next.start(1000),
					received: () => {
						trace(`cost ${++round} of ${ROUNDS}: out ${written}; in ${taken()}\n`);
						if (round < ROUNDS) next.start(200);
					},
					writable() {},
					closed: (code, detail) => trace(`closed ${code} ${detail}\n`),
				});
			},
			networkDown() {},
			networkLost() {},
		},
		clock.monotonic(),
	);
	tick.start(500);
}
