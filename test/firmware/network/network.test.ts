// Wi-Fi, time and recovery together: when the session may connect, and what becomes of a node in a year of
// bad network.

import assert from "node:assert/strict";
import { Network, NetworkState } from "../../../modules/network/network.js";
import { Connection, WifiState } from "../../../modules/network/wifi-supervisor.js";
import { seeded } from "../../support/seeded.js";
import { FakeRadio } from "./fake-radio.js";
import { FakeClock, FakeSource, makeLog, makeStore, NOON } from "./fixture.js";

const PASSWORD = "correct horse";

function make({ tls = true, stored = new Map<string, string | number>(), seed = 1 } = {}) {
	const radio = new FakeRadio();
	const clock = new FakeClock();
	const source = new FakeSource();
	const lines: string[] = [];
	const heard: string[] = [];
	const network = new Network({
		radio,
		networks: [{ ssid: "home", password: PASSWORD }],
		clock,
		source,
		servers: ["a"],
		tls,
		random: seeded(seed),
		store: makeStore(stored),
		log: makeLog(lines),
	});
	const states: number[] = [];
	const handler = {
		networkChanged: (state: number) => states.push(state),
		networkUp: () => heard.push("up"),
		networkDown: () => heard.push("down"),
		networkLost: () => heard.push("lost"),
	};
	const pass = (ms: number, each?: () => void) => {
		for (const end = clock.now + ms; clock.now < end; ) {
			clock.now += 500;
			each?.();
			network.tick(clock.now);
		}
	};
	return { radio, clock, source, lines, heard, states, network, handler, pass, stored };
}

function joined(options?: Parameters<typeof make>[0]) {
	const all = make(options);
	all.network.start(all.handler, all.clock.now);
	all.radio.connection = all.radio.afterJoin = Connection.Up;
	all.pass(500);
	return all;
}

describe("network", () => {
	it("does nothing before start and after stop", () => {
		const { radio, heard, network, handler, pass, clock } = make();
		pass(10_000);
		assert.deepEqual(radio.calls, []);
		network.start(handler, clock.now);
		network.stop();
		radio.connection = Connection.Up;
		pass(10 * 3_600_000);
		assert.deepEqual([radio.calls, heard, network.up], [["join home", "leave"], [], false]);
	});

	it("lets the session connect as soon as Wi-Fi is up where no certificate is checked", () => {
		const { heard, network } = joined({ tls: false });
		assert.deepEqual([heard, network.up], [["up"], true]);
	});

	it("waits for the time where a certificate is checked, for ever if there never was one", () => {
		const { heard, source, pass } = joined();
		pass(50 * 60_000, () => source.fail());
		assert.deepEqual(heard, []);
		while (!source.handler) pass(500);
		source.answer(NOON);
		pass(500);
		assert.deepEqual(heard, ["up"]);
	});

	it("connects after 30 s with the floor of an earlier boot", () => {
		const { heard, pass } = joined({ stored: new Map([["time", NOON / 60_000]]) });
		pass(29_500);
		assert.deepEqual(heard, []);
		pass(500);
		assert.deepEqual(heard, ["up"]);
	});

	it("takes the session down with Wi-Fi, and up again without asking for the time anew", () => {
		const { heard, source, radio, pass, network, states } = joined();
		pass(500);
		source.answer(NOON);
		pass(500);
		radio.connection = Connection.Idle;
		pass(500);
		assert.deepEqual([heard, network.up], [["up", "down"], false]);
		pass(2_000);
		assert.deepEqual(heard, ["up", "down", "up"]);
		assert.equal(source.asked.length, 1);
		const { Joining, Timeless, Up } = NetworkState;
		assert.deepEqual(states, [Timeless, Up, Joining, Up]);
	});

	it("says nothing of a connection that was not up for the session", () => {
		const { heard, radio, pass } = joined();
		radio.afterJoin = Connection.Joining;
		radio.connection = Connection.Idle;
		pass(5_000);
		assert.deepEqual(heard, []);
	});

	it("joins Wi-Fi again when the server is not reached", () => {
		const { heard, network, pass, radio, clock, lines } = joined({ tls: false });
		for (let i = 0; i < 6; i++) network.recovery.closed("dns-failed", clock.now);
		radio.calls.length = 0;
		pass(124_000);
		assert.deepEqual(radio.calls, ["leave", "join home"]);
		assert.deepEqual(heard, ["up", "down", "up"]);
		assert.deepEqual(
			lines.filter((line) => line.startsWith("the server")),
			["the server cannot be reached; joining Wi-Fi again"],
		);
	});

	it("asks for a restart, once, after an hour without a server", () => {
		const { heard, pass, stored } = joined({ tls: false });
		pass(3 * 3_600_000);
		assert.deepEqual(heard.slice(1), ["lost"]);
		assert.equal(stored.get("recoveries"), 1);
	});

	it("reports the counters that are not 0", () => {
		assert.equal(make().network.report(), "");
		const { network, radio, source, pass, clock } = joined({ stored: new Map([["recoveries", 2]]) });
		pass(500);
		source.answer(NOON);
		radio.connection = Connection.Idle;
		pass(5_000);
		for (const code of ["dns-failed", "connect-failed", "connack-timeout", "tls-failed", "connack-5"])
			network.recovery.closed(code, clock.now);
		assert.equal(
			network.report(),
			"Wi-Fi joined 2, lost 1, DNS failures 1, connect failures 1, silent servers 1, TLS failures 1, refusals 1, restarts 2, time set 1",
		);
	});

	it("never tells a password", () => {
		const { lines, radio, pass } = joined();
		radio.failure = new Error(PASSWORD);
		radio.connection = Connection.Idle;
		pass(120_000);
		radio.failure = undefined;
		pass(120_000);
		assert.ok(lines.length > 2);
		assert.ok(!lines.join().includes(PASSWORD));
	});

	it("lives through a year of bad network: back within three minutes of a good one, restarts within their budget", () => {
		const YEAR = 365 * 86_400_000;
		const random = seeded(419);
		const stored = new Map<string, string | number>();
		const weathers = { air: 0, server: 0, time: 0, captive: 0 };
		let boots = 0;
		let restarts = 0;
		let passed = 0;
		let rejoins = 0;
		while (passed < YEAR) {
			// One boot.
			const node = make({ stored, seed: ++boots });
			const { radio, network, heard, source, clock, pass } = node;
			network.start(node.handler, clock.now);
			const begun = clock.now;
			let nextAttempt = 0;
			let open = false;
			let weather: keyof typeof weathers | "good" = "good";
			let healed = clock.now;
			let until = 0;
			const each = () => {
				// The air and the time servers.
				if (weather === "air") radio.connection = radio.afterJoin = random() < 0.5 ? 200 : 300;
				else radio.afterJoin = Connection.Up;
				if (radio.connection === Connection.Joining && weather !== "air") radio.connection = Connection.Up;
				if (source.handler && radio.connection === Connection.Up)
					if (weather === "good" || weather === "server") source.answer(NOON + passed + clock.now - begun);
					else source.fail();
				// What the session does.
				if (heard.at(-1) !== "up") {
					if (open) network.recovery.closed("network-lost", clock.now);
					open = false;
				} else if (weather === "good" || weather === "time") {
					if (!open && clock.now >= nextAttempt) network.recovery.opened();
					open ||= clock.now >= nextAttempt;
				} else if (clock.now >= nextAttempt) {
					network.recovery.closed(weather === "captive" ? "connack-timeout" : "connect-failed", clock.now);
					open = false;
					nextAttempt = clock.now + 60_000 * random();
				}
				if (open) healed = clock.now;
				else if (weather === "good")
					assert.ok(clock.now - healed < 180_000, `boot ${boots}: not back after three minutes`);
			};
			while (clock.now - begun + passed < YEAR && heard.at(-1) !== "lost") {
				if (clock.now >= until) {
					const names = ["good", "air", "server", "time", "captive"] as const;
					weather = names[Math.floor(random() * 5)] as typeof weather;
					if (weather !== "good") weathers[weather]++;
					healed = clock.now;
					until = clock.now + 60_000 + random() * 9 * 3_600_000;
				}
				pass(500, each);
			}
			rejoins += network.recovery.rejoins;
			passed += clock.now - begun;
			if (heard.at(-1) === "lost") restarts++;
			assert.equal(network.wifi.state === WifiState.Stopped, false);
		}
		for (const count of Object.values(weathers)) assert.ok(count > 100, JSON.stringify(weathers));
		// Outages last up to 9 hours: three restarts in each at most.
		const outages = weathers.air + weathers.server + weathers.captive + weathers.time;
		assert.ok(restarts > 100 && restarts <= 3 * outages, `${restarts} restarts in ${outages} outages`);
		assert.ok(rejoins > 100, `${rejoins} rejoins`);
	});
});
