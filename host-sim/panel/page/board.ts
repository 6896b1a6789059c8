// The board: LED, thermometer, buzzer and motor as the circuit has them now.

import "@wokwi/elements/dist/esm/buzzer-element.js";
import "@wokwi/elements/dist/esm/esp32-devkit-v1-element.js";
import "@wokwi/elements/dist/esm/led-element.js";
import "@wokwi/elements/dist/esm/ntc-temperature-sensor-element.js";
import { card, h, say, svg } from "./dom.js";
import { Tone } from "./tone.js";

export interface Circuit {
	readonly led: number;
	readonly toneHz: number;
	readonly rpm: number;
	readonly duty: number;
	readonly celsius: number;
}

interface LedElement extends HTMLElement {
	value: boolean;
	brightness: number;
}
interface BuzzerElement extends HTMLElement {
	hasSignal: boolean;
}

const SLOTS = 20;

export class BoardCard {
	readonly element: HTMLElement;
	readonly #led = h("wokwi-led", { color: "red", "aria-hidden": "true" }) as LedElement;
	readonly #buzzer = h("wokwi-buzzer", { "aria-hidden": "true" }) as BuzzerElement;
	readonly #disc: SVGElement;
	readonly #value = {
		led: h("output", { id: "led-value" }, "0 %"),
		celsius: h("output", { id: "celsius-value" }, "–"),
		tone: h("output", { id: "tone-value" }, "silent"),
		rpm: h("output", { id: "rpm-value" }, "0 rpm"),
		set: h("span", { class: "muted", id: "rpm-set" }, "set 0 rpm"),
	};
	readonly #tone = new Tone();
	#rpm = 0;
	#angle = 0;
	#last = 0;
	#maxRpm = 200;
	#measured = "";
	readonly #thermistor: HTMLElement;

	constructor() {
		const slots = Array.from({ length: SLOTS }, (_, i) =>
			svg("rect", { x: -2, y: -43, width: 4, height: 9, rx: 1.5, transform: `rotate(${(i * 360) / SLOTS})` }),
		);
		this.#disc = svg(
			"g",
			{ class: "disc" },
			svg("circle", { r: 46 }),
			...slots,
			svg("circle", { r: 14, class: "hub" }),
			svg("path", { d: "M0 -12 L0 -28", class: "mark" }),
		);
		const motor = svg(
			"svg",
			{ viewBox: "-52 -52 104 104", class: "motor", "aria-hidden": "true" },
			this.#disc,
		);
		const sound = h("input", {
			type: "checkbox",
			id: "sound",
			onchange: (event) => this.#tone.allow((event.target as HTMLInputElement).checked),
		});
		const part = (id: string, picture: Element, name: string, ...more: Node[]) =>
			h(
				"div",
				{ class: "part", id },
				h("div", { class: "picture" }, picture),
				h("div", {}, h("h3", {}, name), ...more),
			);
		this.#thermistor = part(
			"part-thermometer",
			h("wokwi-ntc-temperature-sensor", { "aria-hidden": "true" }),
			"Thermistor",
			this.#value.celsius,
		);
		this.element = card(
			"board",
			"Board",
			h(
				"div",
				{ class: "board" },
				h("div", { class: "chip" }, h("wokwi-esp32-devkit-v1", { "aria-hidden": "true" })),
				h(
					"div",
					{ class: "parts" },
					part("part-led", this.#led, "LED", this.#value.led),
					this.#thermistor,
					part(
						"part-buzzer",
						this.#buzzer,
						"Buzzer",
						this.#value.tone,
						h("label", { class: "check" }, sound, " sound"),
					),
					part("part-motor", motor, "Motor", this.#value.rpm, this.#value.set),
				),
			),
		);
		requestAnimationFrame((now) => this.#turn(now));
	}

	/** `thermistor`: a channel shows it. */
	begin(maxRpm: number, thermistor: boolean): void {
		this.#maxRpm = maxRpm;
		this.#thermistor.hidden = !thermistor;
	}

	show({ led, toneHz, rpm, duty, celsius }: Circuit): void {
		this.#led.value = led > 0;
		// Where it is dim the eye sees more than the element shows.
		this.#led.brightness = led > 0 ? 0.15 + 0.85 * (led / 100) ** 0.6 : 0;
		this.#led.dataset.percent = String(led);
		this.#buzzer.hasSignal = toneHz > 0;
		this.#tone.play(toneHz);
		this.#rpm = rpm;
		say(this.#value.led, `${led.toFixed(led % 1 === 0 ? 0 : 1)} %`);
		say(this.#value.celsius, `${celsius.toFixed(2)} °C`);
		say(this.#value.tone, toneHz > 0 ? `${toneHz} Hz` : "silent");
		say(this.#value.rpm, `${rpm.toFixed(0)} rpm`);
		say(this.#value.set, `set ${((duty / 100) * this.#maxRpm).toFixed(0)} rpm${this.#measured}`);
	}

	/** What the node makes of the tachometer. */
	measured(rpm: number | null): void {
		this.#measured = rpm === null ? "" : `, measured ${rpm.toFixed(1)}`;
	}

	/** A third of the true speed, so that the eye can follow the slots. */
	#turn(now: number): void {
		const seconds = Math.min(0.1, (now - this.#last) / 1000);
		this.#last = now;
		if (this.#rpm > 0 && !matchMedia("(prefers-reduced-motion: reduce)").matches) {
			this.#angle = (this.#angle + (this.#rpm / 60 / 3) * 360 * seconds) % 360;
			this.#disc.setAttribute("transform", `rotate(${this.#angle.toFixed(1)})`);
		}
		requestAnimationFrame((next) => this.#turn(next));
	}
}
