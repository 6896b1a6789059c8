// Composition root: settings → board → cloud → node. The same on a board, in Moddable's simulator and in
// host-sim, where only the Moddable names behind modules/platform are answered by others.

import { chipFact } from "chip";
import config from "mc/config";
import { NodeBoard } from "./drivers/node-board.js";
import { BootGuard } from "./modules/app/boot-guard.js";
import { GuardedStore } from "./modules/app/guarded-store.js";
import { MoteNode } from "./modules/app/node.js";
import { NodeFacts } from "./modules/app/node-facts.js";
import type { Board } from "./modules/app/parts.js";
import { fitting, type Machine, roomFault } from "./modules/app/room.js";
import { SafeBoard } from "./modules/app/safe-board.js";
import type { Settings } from "./modules/app/settings.js";
import {
	type ChosenSettings,
	chooseSettings,
	LAST_GOOD_KEY,
	type Room,
	SETTINGS_KEY,
} from "./modules/app/stored-settings.js";
import type { Cloud } from "./modules/cloud/cloud.js";
import { CLOUDS } from "./modules/cloud/clouds.js";
import { isNodeFact, type Sensor } from "./modules/core/channels.js";
import { Log } from "./modules/core/log.js";
import type { Store } from "./modules/core/store.js";
import type { Transport } from "./modules/mqtt/transport.js";
import { WebSocketTransport } from "./modules/mqtt/web-socket.js";
import { certificateEnd } from "./modules/network/certificate-end.js";
import { Network } from "./modules/network/network.js";
import type { KnownNetwork } from "./modules/network/wifi-supervisor.js";
import { SystemClock } from "./modules/platform/clock.js";
import { getDevice } from "./modules/platform/device.js";
import { openFlash } from "./modules/platform/flash.js";
import { type Identity, identity } from "./modules/platform/identity.js";
import { masking } from "./modules/platform/masking.js";
import { SocketTransport } from "./modules/platform/socket-transport.js";
import { PreferenceStore } from "./modules/platform/store.js";
import { restart } from "./modules/platform/system.js";
import { SntpSource } from "./modules/platform/time-source.js";
import { SystemTimers } from "./modules/platform/timers.js";
import { WifiRadio } from "./modules/platform/wifi.js";

export const VERSION = "0.1.0";

/** Builds the node from the settings of manifest (`config.mote`) and store, and starts it. */
export default function main(): MoteNode {
	const clock = new SystemClock();
	const store = new GuardedStore(new PreferenceStore());
	const guard = getDevice().unguarded ? undefined : new BootGuard(store, clock.monotonic());
	const boot = nextBoot(store);
	const chosen = readSettings(store, guard?.safe ?? false, boot);
	const { settings } = chosen;
	const log = new Log(
		(level, text, detail) => trace("mote: ", level, text, detail, "\n"),
		settings.device.log,
	);
	store.tellTo(log);
	const timers = new SystemTimers();
	tellSettings(chosen, log);
	log.info(`${settings.device.id}, boot ${boot}, cloud ${settings.device.cloud}`);
	const { tls, clientCertificate } = settings.broker;
	const own = tls ? identity(clientCertificate) : undefined;
	const end = own?.chain[0] && certificateEnd(new Uint8Array(own.chain[0]));
	const network = makeNetwork(settings, clock, store, log);
	const facts = settings.channels.some(({ from }) => isNodeFact(from))
		? new NodeFacts({ clock, chip: chipFact, network, certificateEnd: end, boot })
		: undefined;
	const node = new MoteNode({
		settings,
		cloud: makeCloud(settings, boot),
		board: guard?.safe ? new SafeBoard() : makeBoard(settings, clock, timers, store, facts),
		transport: makeTransport(settings, timers, own),
		masking: settings.broker.transport === "websocket" ? masking : undefined,
		clock,
		timers,
		random: Math.random,
		store,
		flash: settings.outbox.keep === "off" ? undefined : openFlash(),
		log,
		guard,
		chip: chipFact,
		network,
		certificateEnd: end,
		boot,
		restart: () => restart(main),
	});
	getDevice().started?.(node);
	node.start();
	return node;
}

/**
 * The settings of this boot, on its own so that their texts are gone before the node is made. What somebody
 * has stored may be why boots fail: safe mode does without.
 */
function readSettings(store: Store, safe: boolean, boot: number): ChosenSettings {
	const { mote, machine } = config as { mote?: unknown; machine?: Machine };
	const room = machine && roomOf({ ...machine, joins: configNetwork() !== undefined }, boot);
	const { channels } = getDevice();
	if (safe) return chooseSettings(mote, undefined, undefined, room, channels);
	const stored = store.get(SETTINGS_KEY);
	const lastGood = store.get(LAST_GOOD_KEY);
	const chosen = chooseSettings(mote, stored, lastGood, room, channels);
	// One write for each change of the settings.
	if (chosen.from === "store" && stored !== undefined && stored !== lastGood)
		store.set(LAST_GOOD_KEY, stored);
	else if (stored === undefined && lastGood !== undefined) store.delete(LAST_GOOD_KEY);
	return chosen;
}

/** What settings are held against, where the manifest says what the board's machine has. */
function roomOf(machine: Machine, boot: number): Room {
	return {
		fault: (settings) => roomFault(settings, makeCloud(settings, boot), machine),
		fitting: (settings) => fitting(settings, makeCloud(settings, boot), machine),
	};
}

function tellSettings({ refused, reduced, from }: ChosenSettings, log: Log): void {
	if (refused !== "")
		log.error(
			`the stored settings are rejected: ${refused}`,
			from === "last good" ? "; the last accepted settings are used" : "",
		);
	if (reduced !== undefined) log.error(`settings: ${reduced}`);
}

/** Without a network that is known there is nothing to join: the simulators and a laptop have one. */
function makeNetwork(settings: Settings, clock: SystemClock, store: Store, log: Log): Network | undefined {
	const networks = knownNetworks(settings);
	if (networks.length === 0) return undefined;
	const { sntp, sntp2 } = settings.network;
	const source = new SntpSource(clock, Math.random);
	return new Network({
		radio: new WifiRadio(),
		networks,
		clock,
		source,
		servers: sntp2 === sntp ? [sntp] : [sntp, sntp2],
		tls: settings.broker.tls,
		random: Math.random,
		store,
		log,
	});
}

/**
 * Those of the settings, else the one that `mcconfig … ssid="…" password="…"` put into the manifest's config.
 */
function knownNetworks({ network }: Settings): KnownNetwork[] {
	const all = [
		{ ssid: network.ssid, password: network.password },
		{ ssid: network.ssid2, password: network.password2 },
		{ ssid: network.ssid3, password: network.password3 },
	];
	const known = all.filter((one) => one.ssid !== "");
	const other = configNetwork();
	return known.length > 0 || !other ? known : [other];
}

function configNetwork(): KnownNetwork | undefined {
	const { ssid = "", password = "" } = config as { ssid?: string; password?: string };
	return ssid === "" ? undefined : { ssid, password };
}

export function makeCloud(settings: Settings, boot: number): Cloud {
	return CLOUDS[settings.device.cloud].make(settings, { version: VERSION, boot });
}

function makeBoard(
	settings: Settings,
	clock: SystemClock,
	timers: SystemTimers,
	store: Store,
	facts: Sensor | undefined,
): Board {
	const { io, pin, adc, tones } = getDevice();
	return new NodeBoard({ ...settings, io, pin, adc, tones, clock, timers, store, facts });
}

function makeTransport(settings: Settings, timers: SystemTimers, own: Identity | undefined): Transport {
	const socket = makeSocket(settings, timers, own);
	const { transport, host, port, path, tls } = settings.broker;
	if (transport === "tcp") return socket;
	return new WebSocketTransport(socket, { host, port, path, tls }, masking, timers);
}

function makeSocket(settings: Settings, timers: SystemTimers, own: Identity | undefined): SocketTransport {
	const { host, port, serverName, alpn, fragmentBytes } = settings.broker;
	if (!own) return new SocketTransport({ host, port }, timers);
	const options = { serverName: serverName === "" ? host : serverName, alpn, fragmentBytes, ...own };
	return new SocketTransport({ host, port, tls: options }, timers);
}

/** Counts boots, so that a record says in which one its sample was taken. */
function nextBoot(store: Store): number {
	const last = store.get("boot");
	const boot = typeof last === "number" ? (last % 65535) + 1 : 1;
	store.set("boot", boot);
	return boot;
}
