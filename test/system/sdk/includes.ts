// What the C side of a generated ESP32 build includes, as far as that can be told without ESP-IDF: a header
// of the SDK's own has to lie in a folder that some manifest brings, else the build ends with the compiler's
// "No such file".

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";

/** Folders of the SDK with headers, and those that make.esp32.mk adds by itself. */
const HEADERS = ["modules", "xs"];
const ALWAYS = [
	"xs/includes",
	"xs/sources",
	"xs/platforms/esp",
	"xs/platforms/mc",
	"build/devices/esp32/lib/pow",
];
/** Made by the build. */
const MADE = /^(mc\.\w+|buildinfo|sdkconfig)\.h$/;

/** C sources of the generated makefile, and the folders it includes from. */
export function nativeSources(makefile: string): { sources: string[]; folders: string[] } {
	return {
		sources: [...makefile.matchAll(/^\$\(TMP_DIR\)\/\S+\.c\.xsi: (\S+\.c)$/gm)].map(
			([, path]) => path as string,
		),
		folders: [...makefile.matchAll(/^\t-I([^\s\\$]+)\\?$/gm)].map(([, path]) => path as string),
	};
}

/** "file.c includes header.h, which lies in …" for each header of the SDK's that no manifest brings. */
export function missingHeaders(makefile: string, sdk: string): string[] {
	const { sources, folders } = nativeSources(makefile);
	const search = [...folders, ...ALWAYS.map((folder) => join(sdk, folder))];
	const known = sdkHeaders(sdk);
	const missing = new Set<string>();
	const seen = new Set<string>();
	const visit = (path: string, from: string): void => {
		if (seen.has(path)) return;
		seen.add(path);
		for (const name of included(readFileSync(path, "utf8"))) {
			const found = [dirname(path), ...search]
				.map((folder) => join(folder, name))
				.find((file) => existsSync(file));
			if (found !== undefined) visit(found, from);
			else if (!MADE.test(name) && known.has(basename(name)))
				missing.add(`${basename(from)} includes ${name}, which lies in ${known.get(basename(name))}`);
		}
	};
	for (const source of sources) visit(source, source);
	return [...missing].sort();
}

/** Names of a file's includes, but for those of other chips: what stands below an #if that names no ESP32. */
export function included(text: string): string[] {
	const names: string[] = [];
	const conditions: boolean[] = [];
	for (const line of text.replace(/\/\*[\s\S]*?\*\//g, "").split("\n")) {
		const directive = /^\s*#\s*(\w+)\s*(.*)$/.exec(line);
		if (!directive) continue;
		const [, word, rest = ""] = directive;
		if (word === "if" || word === "ifdef" || word === "ifndef") conditions.push(mayHold(word, rest));
		else if (word === "elif") conditions[conditions.length - 1] = mayHold("if", rest);
		else if (word === "else") conditions[conditions.length - 1] = true;
		else if (word === "endif") conditions.pop();
		else if (word === "include" && conditions.every(Boolean)) {
			const name = /^"([^"]+)"/.exec(rest)?.[1];
			if (name !== undefined) names.push(name);
		}
	}
	return names;
}

/** Other platforms' macros. */
const FOREIGN =
	/^\(?\s*(defined\s*\(?\s*)?(__ZEPHYR__|PICO_BUILD|nrf52|NRF52\w*|qca4020|gecko|mxWindows|mxMacOSX|mxLinux|pebble|USE_DEBUGGER_USBD|CYW43_LWIP)\b/;

function mayHold(word: string, rest: string): boolean {
	return word === "ifndef" || !FOREIGN.test(rest);
}

/** Base name → folder below the SDK. */
function sdkHeaders(sdk: string): Map<string, string> {
	const found = new Map<string, string>();
	for (const top of HEADERS)
		for (const path of readdirSync(join(sdk, top), { recursive: true, encoding: "utf8" }))
			if (path.endsWith(".h") && !found.has(basename(path)))
				found.set(basename(path), join(top, dirname(path)));
	return found;
}
