// `preference` for Moddable's desktop simulators: one JSON file, read anew each time, so that it needs no
// state. The SDK's own for Linux reads its file while the image is linked, and so forgets everything at each
// start.

import { File } from "file";
import config from "mc/config";

type Value = string | boolean | number;
type Domains = Record<string, Record<string, Value>>;

function path(): string {
	return `${config.file.root}mote-preferences.json`;
}

function load(): Domains {
	if (!File.exists(path())) return {};
	const file = new File(path());
	try {
		return JSON.parse(file.read(String) as string) as Domains;
	} catch {
		return {}; // a file that another program has spoiled: start anew
	} finally {
		file.close();
	}
}

function save(domains: Domains): void {
	File.delete(path());
	const file = new File(path(), true);
	file.write(JSON.stringify(domains));
	file.close();
}

const Preference = Object.freeze({
	get(domain: string, key: string): Value | undefined {
		return load()[domain]?.[key];
	},
	set(domain: string, key: string, value: Value): void {
		const domains = load();
		domains[domain] = { ...domains[domain], [key]: value };
		save(domains);
	},
	delete(domain: string, key: string): void {
		const domains = load();
		const found = domains[domain];
		if (!found) return;
		delete found[key]; // XS 17 deletes nothing by `delete domains[domain]?.[key]`
		save(domains);
	},
});

export default Preference;
