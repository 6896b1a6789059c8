// The supervisor in virtual time, with a radio that does as the test says.

import assert from "node:assert/strict";
import { Connection, WifiState, WifiSupervisor } from "../../../modules/network/wifi-supervisor.js";
import { seeded } from "../../support/seeded.js";
import { FakeRadio } from "./fake-radio.js";

const HOME = { ssid: "home", password: "12345678" };
const BARN = { ssid: "barn", password: "" };

function make(networks = [HOME], seed = 1) {
	const radio = new FakeRadio();
	const heard: string[] = [];
	let now = 5_000;
	const wifi = new WifiSupervisor(radio, networks, seeded(seed), {
		wifiUp: () => heard.push("up"),
		wifiDown: () => heard.push("down"),
	});
	/** Lets the time pass in the steps of the node. */
	const pass = (ms: number, each?: () => void) => {
		for (const end = now + ms; now < end; ) {
			now += 500;
			each?.();
			wifi.tick(now);
		}
	};
	wifi.start(now);
	return { radio, wifi, heard, pass, now: () => now };
}

describe("Wi-Fi supervisor", () => {
	it("needs a network", () => {
		assert.throws(
			() => new WifiSupervisor(new FakeRadio(), [], Math.random, { wifiUp() {}, wifiDown() {} }),
			RangeError,
		);
	});

	it("joins, and says so once there is an address", () => {
		const { radio, wifi, heard, pass } = make();
		assert.deepEqual(radio.calls, ["join home"]);
		pass(1000);
		radio.connection = Connection.Joined;
		pass(1000);
		assert.deepEqual(heard, []);
		assert.equal(wifi.rssi, 0);
		radio.connection = Connection.Up;
		pass(500);
		assert.deepEqual(heard, ["up"]);
		assert.equal(wifi.state, WifiState.Up);
		assert.equal(wifi.rssi, -60);
		assert.equal(wifi.joined, 1);
	});

	const FAILURES = [
		["refused", Connection.Idle],
		["timeouts", Connection.Joining],
		["addressless", Connection.Joined],
	] as const;
	for (const [counter, connection] of FAILURES)
		it(`counts ${counter}, leaves, and tries again after a pause`, () => {
			const { radio, wifi, heard, pass } = make();
			radio.afterJoin = connection;
			radio.connection = connection;
			pass(20_000);
			assert.equal(wifi[counter] >= 1, true);
			assert.ok(radio.calls.includes("leave"));
			pass(90_000);
			assert.ok(radio.calls.filter((call) => call === "join home").length >= 3);
			assert.deepEqual(heard, []);
			const { refused, timeouts, addressless, lost, faults } = wifi;
			assert.equal(refused + timeouts + addressless + lost + faults, wifi[counter]);
		});

	it("counts a driver that throws, at joining and at leaving, and goes on", () => {
		const { radio, wifi, heard, pass } = make();
		radio.connection = Connection.Idle;
		radio.failure = new Error("driver");
		pass(60_000);
		assert.ok(wifi.faults >= 3);
		radio.failure = undefined;
		radio.afterJoin = Connection.Up;
		pass(61_000);
		assert.deepEqual(heard, ["up"]);
	});

	it("goes from network to network without a pause, and pauses after a round", () => {
		const { radio, pass } = make([HOME, BARN]);
		radio.afterJoin = Connection.Idle;
		radio.connection = Connection.Idle;
		pass(2_500);
		assert.deepEqual(radio.calls.slice(0, 4), ["join home", "leave", "join barn", "leave"]);
		pass(120_000);
		const joins = radio.calls.filter((call) => call.startsWith("join")).length;
		assert.ok(joins >= 6 && joins <= 40, `${joins} joins in two minutes`);
	});

	it("joins the network again that was lost, first", () => {
		const { radio, wifi, heard, pass } = make([HOME, BARN]);
		radio.connection = Connection.Idle;
		radio.afterJoin = Connection.Up;
		pass(2_500);
		assert.equal(wifi.ssid, "barn");
		radio.calls.length = 0;
		radio.connection = Connection.Idle;
		pass(2_000);
		assert.deepEqual(radio.calls, ["leave", "join barn"]);
		assert.deepEqual(heard, ["up", "down", "up"]);
		assert.equal(wifi.lost, 1);
	});

	it("takes a lost address for a lost connection", () => {
		const { radio, heard, pass } = make();
		radio.connection = Connection.Up;
		pass(500);
		radio.connection = Connection.Joined;
		pass(500);
		assert.deepEqual(heard, ["up", "down"]);
	});

	it("leaves the radio alone for a second between leaving and joining: it still reports the old connection", () => {
		const { radio, pass, now } = make();
		radio.connection = Connection.Up;
		pass(500);
		radio.connection = Connection.Idle;
		pass(500);
		const left = now();
		let joined = 0;
		radio.onJoin = () => {
			joined ||= now();
		};
		pass(5_000);
		assert.ok(joined - left >= 1_000, `${joined - left} ms`);
	});

	it("joins anew when told to, but only what is up", () => {
		const { radio, wifi, heard, pass, now } = make();
		wifi.rejoin(now());
		assert.deepEqual(radio.calls, ["join home"]);
		radio.connection = radio.afterJoin = Connection.Up;
		pass(500);
		wifi.rejoin(now());
		assert.deepEqual(heard, ["up", "down"]);
		pass(1_500);
		assert.deepEqual(heard, ["up", "down", "up"]);
		assert.equal(wifi.lost, 0);
	});

	it("stops: leaves, and does nothing more", () => {
		const { radio, wifi, heard, pass } = make();
		wifi.stop();
		assert.deepEqual(radio.calls, ["join home", "leave"]);
		radio.connection = Connection.Up;
		pass(10_000);
		assert.deepEqual(heard, []);
		wifi.stop();
		assert.deepEqual(radio.calls, ["join home", "leave"]);
	});

	it("never pauses longer than a minute, and starts anew with short pauses once a connection has stood", () => {
		const { radio, wifi, pass, now } = make();
		radio.afterJoin = radio.connection = Connection.Idle;
		let last = now();
		let longest = 0;
		radio.onJoin = () => {
			longest = Math.max(longest, now() - last);
			last = now();
		};
		pass(3 * 3_600_000);
		assert.ok(longest > 30_000 && longest <= 61_500, `${longest} ms`);
		radio.afterJoin = Connection.Up;
		pass(120_000);
		assert.equal(wifi.state, WifiState.Up);
		radio.afterJoin = radio.connection = Connection.Idle;
		pass(500);
		longest = 0;
		last = now();
		pass(9_000);
		assert.ok(longest > 0 && longest <= 5_500, `${longest} ms`);
	});

	it("lives through a year of bad Wi-Fi: always back within two minutes of good air", () => {
		const random = seeded(2026);
		const { radio, wifi, heard, pass, now } = make([HOME, BARN], 7);
		const year = now() + 365 * 86_400_000;
		let weather = 0;
		while (now() < year) {
			// Hours of one weather: a dead access point, a wrong password, no DHCP, a radio that hangs or throws,
			// flapping.
			weather = Math.floor(random() * 6);
			radio.failure = weather === 4 ? new Error("driver") : undefined;
			radio.afterJoin = [Connection.Idle, Connection.Joining, Connection.Joined, Connection.Up][
				weather % 4
			] as number;
			radio.connection = weather === 3 ? radio.connection : Connection.Idle;
			const flapping = weather === 5;
			pass(60_000 + random() * 12 * 3_600_000, () => {
				if (flapping && random() < 0.01) radio.connection = radio.afterJoin = random() < 0.5 ? 200 : 500;
			});
			radio.failure = undefined;
			radio.afterJoin = Connection.Up;
			if (wifi.state !== WifiState.Up) radio.connection = Connection.Idle;
			const healed = now();
			while (wifi.state !== WifiState.Up) {
				pass(500);
				assert.ok(now() - healed <= 120_000, `weather ${weather}: not back after two minutes`);
			}
		}
		assert.ok(wifi.joined > 500, `${wifi.joined} joined`);
		for (const counter of ["refused", "timeouts", "addressless", "lost", "faults"] as const)
			assert.ok(wifi[counter] > 20, `${counter}: ${wifi[counter]}`);
		// Up and down take turns.
		assert.ok(heard.every((what, i) => what === (i % 2 === 0 ? "up" : "down")));
	});
});
