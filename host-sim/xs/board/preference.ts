// Moddable's `preference`, kept by the parent, so that it survives a restart of the machine.

import { Out } from "host-sim/xs/frames";

type Value = string | boolean | number | ArrayBuffer;

const Preference = Object.freeze({
	get(domain: string, key: string): Value | undefined {
		return host.ask(Out.PreferenceGet, domain, key) as Value | undefined;
	},
	set(domain: string, key: string, value: Value): void {
		host.send(Out.PreferenceSet, domain, key, value);
	},
	delete(domain: string, key: string): void {
		host.send(Out.PreferenceSet, domain, key);
	},
});

export default Preference;
