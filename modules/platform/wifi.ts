// The Wi-Fi of the board, as Ecma-419's network interface has it.

import WiFi from "embedded:network/interface/wifi";
import { Connection, type KnownNetwork, type Radio } from "../network/wifi-supervisor.js";

export class WifiRadio implements Radio {
	private readonly wifi = new WiFi({});

	get connection(): number {
		return this.wifi.connection;
	}
	get rssi(): number {
		return this.wifi.RSSI ?? 0;
	}
	join({ ssid, password }: KnownNetwork): void {
		this.wifi.connect(password === "" ? { SSID: ssid } : { SSID: ssid, password });
	}
	leave(): void {
		// On ESP32 a `disconnect` without a connection is an error that the SDK does not report, and does no
		// harm.
		if (this.wifi.connection > Connection.Idle) this.wifi.disconnect();
	}
}
