// Ecma-419's Wi-Fi interface where there is no radio: every network is there at once, and stays.

export default class SimulatedWifi {
	readonly #onChanged: ((property: string) => void) | undefined;
	#connection = 200;

	constructor(options: { onChanged?: (property: string) => void }) {
		this.#onChanged = options.onChanged;
	}

	get connection(): number {
		return this.#connection;
	}
	get RSSI(): number | undefined {
		return this.#connection === 500 ? -55 : undefined;
	}
	connect(options: { SSID: string; password?: string }): void {
		if (options.SSID === "") throw new Error("SSID required");
		this.#change(500);
	}
	disconnect(): void {
		this.#change(200);
	}
	close(): void {
		this.#connection = 200;
	}

	/** Told after the call that caused it, as Ecma-419 wants callbacks. */
	#change(connection: number): void {
		if (this.#connection === connection) return;
		this.#connection = connection;
		void Promise.resolve().then(() => this.#onChanged?.("connection"));
	}
}
