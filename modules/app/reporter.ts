// What the watches of the node tell: the cloud, and the log.

import type { Cloud } from "../cloud/cloud.js";
import type { Log } from "../core/log.js";
import { mark, marked, type Store } from "../core/store.js";
import type { Network } from "../network/network.js";
import type { CertificateTeller } from "./certificate-watch.js";
import type { SignalTeller } from "./signal-watch.js";

/** Key in the store: the cloud was told of a certificate that ends. */
const CERTIFICATE_KEY = "cert-alarm";

export class Reporter implements CertificateTeller, SignalTeller {
	private readonly cloud: Cloud;
	private readonly log: Log;
	private readonly store: Store;
	private readonly network: Network | undefined;

	constructor(cloud: Cloud, log: Log, store: Store, network: Network | undefined) {
		this.cloud = cloud;
		this.log = log;
		this.store = store;
		this.network = network;
	}

	// SignalTeller

	get signal(): number {
		return this.network?.wifi.rssi ?? 0;
	}
	signalStrength(dbm: number): boolean {
		return this.cloud.signalStrength?.(dbm) ?? true;
	}

	// CertificateTeller

	certificateDays(days: number): boolean {
		return this.cloud.certificateDays?.(days) ?? true;
	}
	certificateAlarm(on: boolean, days: number, wallMs: number): boolean {
		if (this.cloud.alarm?.("CertificateEnd", "MAJOR", on, certificateWords(days), wallMs) === false)
			return false;
		mark(this.store, CERTIFICATE_KEY, on ? 1 : 0);
		return true;
	}
	certificateAlarmStands(): boolean {
		return marked(this.store, CERTIFICATE_KEY) !== 0;
	}
	certificateEnds(days: number): void {
		if (days < 0) this.log.error(certificateWords(days));
		else this.log.warn(certificateWords(days));
	}
}

function certificateWords(days: number): string {
	if (days < 0) return "the device's certificate has ended";
	return `the device's certificate ends in ${days} ${days === 1 ? "day" : "days"}`;
}
