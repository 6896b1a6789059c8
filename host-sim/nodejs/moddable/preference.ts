// Moddable's `preference`, kept by the machine, so that it survives a restart of the firmware.

import { Machine } from "../machine.js";

type Value = string | boolean | number | ArrayBuffer;

const Preference = {
	set(domain: string, key: string, value: Value): void {
		Machine.current().preferences.set(`${domain}/${key}`, value);
	},
	get(domain: string, key: string): Value | undefined {
		const value = Machine.current().preferences.get(`${domain}/${key}`);
		return value instanceof Uint8Array ? Uint8Array.from(value).buffer : (value as Value | undefined);
	},
	delete(domain: string, key: string): void {
		Machine.current().preferences.delete(`${domain}/${key}`);
	},
	keys(domain: string): string[] {
		const prefix = `${domain}/`;
		const keys = [...Machine.current().preferences.keys()];
		return keys.filter((key) => key.startsWith(prefix)).map((key) => key.slice(prefix.length));
	},
};

export default Preference;
