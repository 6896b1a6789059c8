// The SDK ships Ecma-419's Wi-Fi interface as JavaScript without types; the manifest maps this file to its
// name for tsc.

export default class WiFi {
	constructor(options: { onChanged?: (property: string) => void });
	/** 200 idle, 300 joining, 400 joined, 500 with an address. */
	readonly connection: number;
	/** dBm; undefined without a connection. */
	readonly RSSI: number | undefined;
	/** Throws while it is joining. */
	connect(options: { SSID: string; password?: string }): void;
	disconnect(): void;
	close(): void;
}
