// The buzzer's tone through Web Audio: a square wave, quiet, and only when it is allowed.

export class Tone {
	#context: AudioContext | undefined;
	#oscillator: OscillatorNode | undefined;
	#gain: GainNode | undefined;
	#hz = 0;

	allow(on: boolean): void {
		if (on && !this.#context) {
			this.#context = new AudioContext();
			this.#gain = this.#context.createGain();
			this.#gain.gain.value = 0;
			this.#gain.connect(this.#context.destination);
			this.#oscillator = this.#context.createOscillator();
			this.#oscillator.type = "square";
			this.#oscillator.connect(this.#gain);
			this.#oscillator.start();
		} else if (!on) {
			void this.#context?.close();
			this.#context = undefined;
		}
		const hz = this.#hz;
		this.#hz = -1;
		this.play(hz);
	}

	play(hz: number): void {
		if (hz === this.#hz) return;
		this.#hz = hz;
		if (!this.#context || !this.#oscillator || !this.#gain) return;
		const now = this.#context.currentTime;
		if (hz > 0) this.#oscillator.frequency.setValueAtTime(hz, now);
		this.#gain.gain.setTargetAtTime(hz > 0 ? 0.04 : 0, now, 0.005);
	}
}
