// The page: the cards, and what goes where.

import type { MemoryStats } from "../../engine/engine.js";
import type { NodeStatus } from "../../engine/status.js";
import type { Now, PartNow, ShownChannel, ShownPart, Snapshot, Update } from "../messages.js";
import { BoardCard, type Circuit } from "./board.js";
import { Curve } from "./curve.js";
import { h, say } from "./dom.js";
import { EngineCard } from "./engine.js";
import { type CloudView, Log, Operator } from "./operator.js";
import { follow, onRefused } from "./state.js";
import "./style.css";
import { WireCard } from "./wire.js";
import { type World, WorldCard } from "./world.js";

const CLOUDS: Readonly<Record<string, string>> = {
	cumulocity: "Cumulocity IoT",
	sap: "SAP IoT",
	plain: "a plain broker",
};
const REFUSED_MS = 6000;

const board = new BoardCard();
const world = new WorldCard();
const curve = new Curve();
const wire = new WireCard();
const operator = new Operator();
const engine = new EngineCard();
const log = new Log();

const device = h("span", { class: "device" }, "Mote");
const about = h("span", { class: "muted" });
const node = h("span", { class: "pill", id: "node-state" }, "…");
const notice = h("p", { class: "notice", role: "status", id: "notice" });
notice.hidden = true;

document.body.append(
	h("header", { class: "top" }, h("h1", {}, device), about, node),
	notice,
	h(
		"main",
		{},
		h("div", { class: "column" }, board.element, world.element),
		h("div", { class: "column wide" }, curve.element, wire.element),
		h("div", { class: "column" }, operator.element, engine.element, log.element),
	),
);

/** The channel of the tachometer, or -1. */
let speedAt = -1;
let lost = "";
let refusedUntil = 0;
function tell(text: string): void {
	notice.hidden = text === "";
	say(notice, text);
}
onRefused((why) => {
	refusedUntil = performance.now() + REFUSED_MS;
	tell(why);
	setTimeout(() => {
		if (performance.now() >= refusedUntil) tell(lost);
	}, REFUSED_MS + 50);
});

function showNow(now: Now): void {
	if (now.circuit) board.show(now.circuit as Circuit);
	if (now.world) {
		const { powered, cut } = now.world as World;
		world.show(now.world as World);
		document.body.classList.toggle("dark-board", !powered);
		document.body.classList.toggle("cut", cut);
	}
	if (now.parts) world.parts.show(now.parts as PartNow[]);
	if (now.node !== undefined) {
		const status = now.node as NodeStatus | null;
		engine.node(status);
		const state = !status ? "off" : status.open ? "online" : "offline";
		say(node, state);
		node.className = `pill ${state}`;
	}
	if (now.memory !== undefined) engine.memory(now.memory as MemoryStats | null);
	if (now.cloud) operator.show(now.cloud as CloudView);
}

function update({ sampled, stored, ring, wire: packets, said, commands, now }: Update): void {
	if (sampled) {
		curve.sampled(sampled);
		board.measured(sampled.at(-1)?.values[speedAt] ?? null);
	}
	if (stored) curve.stored(stored);
	if (ring) curve.ring(ring);
	if (packets) wire.add(packets);
	if (said) log.add(said);
	if (commands) operator.commands(commands);
	if (now) showNow(now);
}

void follow({
	begin(snapshot: Snapshot): void {
		const { device: id, cloud, board: name, embedded } = snapshot.about;
		say(device, String(id));
		document.title = `${id} – Mote`;
		say(
			about,
			`on ${String(name).toUpperCase()}, to ${CLOUDS[String(cloud)]}${embedded === true ? " (stand-in)" : ""}`,
		);
		const channels = snapshot.about.channels as readonly ShownChannel[];
		speedAt = channels.findIndex(({ from }) => from === "tachometer");
		const thermistor = channels.some(({ from }) => from === "thermometer");
		board.begin(Number(snapshot.about.maxRpm), thermistor);
		world.begin({ thermistor, tachometer: speedAt >= 0 });
		world.parts.begin((snapshot.about.parts ?? []) as readonly ShownPart[]);
		curve.begin(channels);
		curve.sampled(snapshot.sampled);
		curve.stored(snapshot.stored);
		curve.ring(snapshot.ring);
		wire.begin(snapshot.wire);
		log.begin(snapshot.said);
		operator.begin(snapshot.about, snapshot.commands);
		showNow(snapshot.now);
	},
	update,
	link(connected, why): void {
		document.body.classList.toggle("lost", !connected);
		lost = connected ? "" : why;
		if (performance.now() > refusedUntil) tell(lost);
	},
});

// For the tests of the page.
Object.assign(globalThis, { motePanel: { curve } });
