// Mote's panel in Moddable's simulator (mcsim): the board with its LED, buzzer, motor and thermometer, the
// world around it, and what the node says and hears. mcsim reads this file as it is and runs it in a
// compartment of its own: plain JavaScript over the modules that mcsim lends, which are not those of the
// firmware. Both sides exchange JSON (see ../panel-link.ts); nothing from the wire is taken for anything but
// text.

import { ButtonsRow, ControlsColumn, SliderRow, SwitchRow } from "ControlsPane";
import { DeviceBehavior, DeviceContainer, DeviceScreen } from "DevicePane";

const WIDTH = 760;
const HEIGHT = 440;
const BOARD = 330;
const LINES = 17;
const COLORS = Object.freeze({
	back: "#f4f1ea",
	board: "#1d4d3f",
	chip: "#20242a",
	pin: "#c9a227",
	ink: "#e8efe9",
	faint: "#8fb3a5",
	off: "#3a2a2a",
	paper: "#fffdf8",
	text: "#2b2b2b",
	out: "#1b6e53",
	in: "#7a3e9d",
	bad: "#b3261e",
	note: "#8a8578",
});
const styles = Object.freeze({
	title: new Style({ font: "semibold 16px Open Sans", horizontal: "left" }),
	value: new Style({ font: "semibold 18px Open Sans", horizontal: "left" }),
	label: new Style({ font: "12px Open Sans", horizontal: "left" }),
	line: new Style({ font: "12px Open Sans", horizontal: "left" }),
});

/** What the node's side told last. */
class State {
	temperature = Number.NaN;
	led = 0;
	tone = 0;
	rpm = 0;
	angle = 0;
	network = "";
	measures = 0;
	waiting = 0;
	lines = [];
}

class MoteBehavior extends DeviceBehavior {
	onCreate(container, device) {
		super.onCreate(container, device);
		this.state = new State();
		this.world = { ambientC: 21.5, noise: 1, load: 0, wire: "", stuck: false, air: true };
	}
	onConfigure(container) {
		this.state = new State();
		this.postJSON(container, { world: this.world });
		container.distribute("onMote", this.state);
	}
	onAbort(_container, _status) {
		application.defer("doReloadFile");
		return true;
	}
	onJSON(container, json) {
		const { state } = this;
		if (json.circuit) Object.assign(state, json.circuit);
		state.temperature ??= Number.NaN; // JSON has none
		if (json.node) Object.assign(state, json.node);
		if (json.line) {
			state.lines.push(json.line);
			if (state.lines.length > LINES) state.lines.shift();
		}
		if (json.hello) this.postJSON(container, { world: this.world });
		container.distribute("onMote", state);
	}
	#change(change) {
		Object.assign(this.world, change);
		this.postJSON(null, { world: this.world });
	}
	onAmbient(_container, data) {
		this.#change({ ambientC: data.value });
	}
	onNoise(_container, data) {
		this.#change({ noise: data.value });
	}
	onLoad(_container, data) {
		this.#change({ load: data.value / 100 });
	}
	onWire(_container, data) {
		this.#change({ wire: data.value ? "open" : "" });
	}
	onStuck(_container, data) {
		this.#change({ stuck: data.value });
	}
	onAir(_container, data) {
		this.#change({ air: !data.value });
	}
	onRestart(container) {
		this.postJSON(container, { restart: true });
	}
}

class BoardBehavior extends Behavior {
	onCreate(_port) {
		this.state = new State();
	}
	onMote(port, state) {
		this.state = state;
		port.invalidate();
	}
	onDraw(port) {
		const { state } = this;
		port.fillColor(COLORS.back, 0, 0, BOARD, HEIGHT);
		port.fillColor(COLORS.board, 14, 14, BOARD - 28, HEIGHT - 28);
		for (let i = 0; i < 16; i++) {
			port.fillColor(COLORS.pin, 26 + i * 18, 18, 8, 8);
			port.fillColor(COLORS.pin, 26 + i * 18, HEIGHT - 26, 8, 8);
		}
		port.fillColor(COLORS.chip, 100, 40, 130, 84);
		port.drawString("Mote", styles.title, COLORS.ink, 116, 56, 110);
		port.drawString("ESP32 · XS", styles.label, COLORS.faint, 116, 78, 110);
		port.drawString(state.network, styles.label, COLORS.faint, 116, 96, 110);
		this.#thermometer(port, 40, 150, state.temperature);
		this.#led(port, 150, 150, state.led);
		this.#buzzer(port, 150, 240, state.tone);
		this.#motor(port, 150, 322, state.rpm, state.angle);
	}
	#thermometer(port, x, y, celsius) {
		const height = 190;
		port.fillColor(COLORS.ink, x, y, 26, height);
		const part = Number.isNaN(celsius) ? 0 : Math.min(1, Math.max(0, (celsius + 20) / 80));
		const filled = Math.round((height - 6) * part);
		port.fillColor(COLORS.bad, x + 3, y + height - 3 - filled, 20, filled);
		for (let c = -20; c <= 60; c += 20) {
			const at = y + height - 3 - Math.round(((height - 6) * (c + 20)) / 80);
			port.fillColor(COLORS.faint, x + 28, at, 6, 1);
			port.drawString(`${c}`, styles.label, COLORS.faint, x + 38, at - 8, 30);
		}
		const text = Number.isNaN(celsius) ? "no sensor" : `${celsius.toFixed(2)} °C`;
		port.drawString(text, styles.value, COLORS.ink, x - 8, y + height + 8, 110);
	}
	#led(port, x, y, percent) {
		const level = Math.round(percent * 2.55);
		const hex = (value) => Math.round(value).toString(16).padStart(2, "0");
		const part = level / 255;
		if (level > 0) {
			const glow = `#${hex(29 + 90 * part)}${hex(77 + 100 * part)}${hex(63 + 20 * part)}`;
			port.fillColor(glow, x - 8, y - 8, 66, 66);
		}
		port.fillColor(`#${hex(58 + 197 * part)}${hex(42 + 190 * part)}${hex(42 + 60 * part)}`, x, y, 50, 50);
		port.drawString("LED", styles.label, COLORS.faint, x + 74, y + 4, 90);
		port.drawString(`${Math.round(percent)} %`, styles.value, COLORS.ink, x + 74, y + 20, 90);
	}
	#buzzer(port, x, y, hz) {
		port.fillColor(COLORS.chip, x, y, 50, 50);
		port.fillColor(hz > 0 ? COLORS.pin : COLORS.faint, x + 19, y + 19, 12, 12);
		if (hz > 0)
			for (let i = 1; i <= 3; i++) port.fillColor(COLORS.pin, x + 50 + i * 5, y + 25 - i * 6, 2, i * 12);
		port.drawString("buzzer", styles.label, COLORS.faint, x + 74, y + 4, 90);
		port.drawString(hz > 0 ? `${Math.round(hz)} Hz` : "silent", styles.value, COLORS.ink, x + 74, y + 20, 90);
	}
	#motor(port, x, y, rpm, angle) {
		const cx = x + 25;
		const cy = y + 25;
		for (let i = 0; i < 36; i++) {
			const a = (i * Math.PI) / 18;
			port.fillColor(COLORS.faint, cx + 25 * Math.cos(a) - 1, cy + 25 * Math.sin(a) - 1, 3, 3);
		}
		for (let blade = 0; blade < 3; blade++)
			for (let r = 3; r <= 21; r += 3) {
				const a = angle + (blade * 2 * Math.PI) / 3;
				port.fillColor(COLORS.ink, cx + r * Math.cos(a) - 2, cy + r * Math.sin(a) - 2, 5, 5);
			}
		port.drawString("motor", styles.label, COLORS.faint, x + 74, y + 4, 90);
		port.drawString(`${rpm.toFixed(1)} rpm`, styles.value, COLORS.ink, x + 74, y + 20, 100);
	}
}

class WireBehavior extends BoardBehavior {
	onDraw(port) {
		const { state } = this;
		const width = WIDTH - BOARD;
		port.fillColor(COLORS.paper, 0, 0, width, HEIGHT);
		port.drawString("the node's wire", styles.title, COLORS.text, 14, 12, 200);
		port.drawString(
			`${state.measures} measures delivered, ${state.waiting} in the ring`,
			styles.label,
			COLORS.note,
			14,
			36,
			width - 28,
		);
		let y = 62;
		for (const { kind, text } of state.lines) {
			const mark = { out: ">", in: "<", bad: "!", note: "·" }[kind] ?? "·";
			port.drawString(mark, styles.line, COLORS[kind] ?? COLORS.text, 14, y, 16);
			port.drawString(String(text).slice(0, 68), styles.line, COLORS[kind] ?? COLORS.text, 32, y, width - 40);
			y += 21;
		}
	}
}

export default {
	applicationName: ".*mote.*",
	title: "Mote",
	Workers: {},
	ControlsTemplate: ControlsColumn.template(() => ({
		contents: [
			SliderRow({
				track: "onAmbient",
				label: "Ambient",
				min: -20,
				max: 60,
				step: 0.5,
				unit: " °C",
				value: 21.5,
			}),
			SliderRow({ track: "onLoad", label: "Motor load", min: 0, max: 90, step: 5, unit: " %", value: 0 }),
			SliderRow({
				track: "onNoise",
				label: "ADC noise",
				min: 0,
				max: 50,
				step: 1,
				unit: " counts",
				value: 1,
			}),
			SwitchRow({ event: "onWire", label: "Sensor wire", on: "pulled", off: "connected", value: false }),
			SwitchRow({ event: "onStuck", label: "Tachometer", on: "stuck", off: "turning", value: false }),
			SwitchRow({ event: "onAir", label: "Network", on: "cut", off: "there", value: false }),
			ButtonsRow({ label: "Board", buttons: [{ event: "onRestart", label: "Restart" }] }),
		],
	})),
	DeviceTemplates: {
		0: DeviceContainer.template(($) => ({
			Behavior: MoteBehavior,
			contents: [
				Port($, { left: 0, width: BOARD, top: 0, height: HEIGHT, Behavior: BoardBehavior }),
				Port($, { left: BOARD, width: WIDTH - BOARD, top: 0, height: HEIGHT, Behavior: WireBehavior }),
				DeviceScreen($, { left: 0, width: 0, top: 0, height: 0, rotation: 0 }),
			],
		})),
	},
};
