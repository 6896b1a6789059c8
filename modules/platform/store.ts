// The store on Moddable's `preference` (NVS on ESP32, a file in the simulators).

import Preference from "preference";
import type { Store } from "../core/store.js";

const DOMAIN = "mote";

export class PreferenceStore implements Store {
	get(key: string): string | number | undefined {
		const value = Preference.get(DOMAIN, key);
		return typeof value === "string" || typeof value === "number" ? value : undefined;
	}
	set(key: string, value: string | number): void {
		Preference.set(DOMAIN, key, value);
	}
	delete(key: string): void {
		Preference.delete(DOMAIN, key);
	}
}
