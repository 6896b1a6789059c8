// A linked ESP32 image in figures: what each part takes of the flash and of the RAM, by the linker's map.

export interface Part {
	readonly name: string;
	/**
	 * Bytes in the flash, and of these in RAM while running (IRAM and initialised data); zeroed RAM comes to
	 * it.
	 */
	flash: number;
	ram: number;
	zeroed: number;
}

/** Output sections and where they count. */
const SECTIONS: Readonly<Record<string, "flash" | "ram" | "zeroed">> = {
	".flash.text": "flash",
	".flash.rodata": "flash",
	".flash.appdesc": "flash",
	".iram0.text": "ram",
	".iram0.vectors": "ram",
	".iram0.data": "ram",
	".dram0.data": "ram",
	".dram0.bss": "zeroed",
	".iram0.bss": "zeroed",
};

/** Parts by the archive (and object) that a piece of the image comes from; the first that fits counts. */
const PARTS: ReadonlyArray<readonly [string, RegExp]> = [
	["preload image: objects and byte code", /xs_\w+\.a\(mc\.xs\.c\.o\)/],
	["certificates and other resources", /xs_\w+\.a\(mc\.resources\.c\.o\)/],
	["XS", /xs_\w+\.a\((xs\w*|e_pow)\.c\.o\)/],
	["native modules of the SDK and ours", /xs_\w+\.a\(/],
	[
		"Wi-Fi",
		/lib(net80211|pp|core|phy|coexist|mesh|smartconfig|espnow|wapi|wpa_supplicant|esp_wifi|esp_phy|esp_coex)\.a/,
	],
	["TLS and crypto of ESP-IDF", /lib(mbed\w*|tfpsacrypto|everest|p256m|builtin)\.a/],
	["lwIP", /liblwip\.a/],
	["C library", /lib(c|c_nano|m|gcc|g|nosys|stdc\+\+|supc\+\+)\.a/],
];
const REST = "ESP-IDF, the rest";

/** The parts of an image, largest first. */
export function imageParts(map: string): Part[] {
	const parts = new Map<string, Part>();
	let section: "flash" | "ram" | "zeroed" | undefined;
	let started = false;
	for (const line of map.split("\n")) {
		if (!started) {
			started = line.startsWith("Linker script and memory map");
			continue;
		}
		const output = /^(\.[\w.]+)(?:\s|$)/.exec(line)?.[1];
		if (output !== undefined) section = SECTIONS[output];
		if (section === undefined) continue;
		// " .text.name  0xaddress  0xsize  archive(object)", or the name alone and the rest on the next line.
		const found = /^(?: \S+)?\s+0x[\da-f]+\s+0x([\da-f]+)\s+(\S.*)$/.exec(line);
		if (!found) continue;
		const [, size = "0", file = ""] = found;
		const bytes = Number.parseInt(size, 16);
		if (bytes === 0 || !/\.(a|o|obj)\b/.test(file)) continue;
		const name = PARTS.find(([, pattern]) => pattern.test(file))?.[0] ?? REST;
		const part = parts.get(name) ?? { name, flash: 0, ram: 0, zeroed: 0 };
		parts.set(name, part);
		part[section] += bytes;
	}
	return [...parts.values()].sort((a, b) => b.flash + b.ram - (a.flash + a.ram));
}

export interface SectionSizes {
	readonly data: number;
	readonly bss: number;
	readonly iram: number;
}

/** .data, .bss and IRAM by what `size -A` printed. */
export function sectionSizes(printed: string): SectionSizes {
	const of = (name: string): number =>
		Number(new RegExp(`^${name.replaceAll(".", "\\.")}\\s+(\\d+)`, "m").exec(printed)?.[1] ?? 0);
	return {
		data: of(".dram0.data"),
		bss: of(".dram0.bss"),
		iram: of(".iram0.vectors") + of(".iram0.text") + of(".iram0.data") + of(".iram0.bss"),
	};
}
