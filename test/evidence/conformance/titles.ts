// Which statements a test's title names: "[MQTT-3.1.2-4]", and "[MQTT-3.1.2-9 to -22]" for a range.

export function named(title: string): string[] {
	const ids: string[] = [];
	for (const [, section, first, last] of title.matchAll(/MQTT-([\d.]+|3-8\.3)-(\d+)(?: to -(\d+))?/g))
		for (let n = Number(first); n <= Number(last ?? first); n++) ids.push(`MQTT-${section}-${n}`);
	// The standard itself prints three of them otherwise.
	return ids.flatMap((id) => [id, ...(PRINTED[id] ? [PRINTED[id] as string] : [])]);
}

const PRINTED: Readonly<Record<string, string>> = {
	"MQTT-3.8.3-4": "MQTT-3-8.3-4",
	"MQTT-3.1.2-7": "MQTT-3.1.2.7",
};
