// The thermistor's driver alone, as another project takes it: drivers/manifest.json is all of Mote that it
// includes. The simulator has no ADC, so this one stands on three values.

import { NtcThermistor } from "drivers/ntc-thermistor";

/** Counts of a 12-bit ADC: in the middle of the divider, and at its two ends. */
const COUNTS = Object.freeze([2048, 4095, 0] as const);

export default function main(): void {
	let at = 0;
	class Analog {
		readonly resolution = 12;
		read(): number {
			return COUNTS[at++] as number;
		}
		close(): void {}
	}
	const thermistor = new NtcThermistor({
		sensor: { io: Analog, pin: 0 },
		seriesOhms: 10_000,
		nominalOhms: 10_000,
		beta: 3950,
		minimumC: -40,
		maximumC: 125,
	});
	for (const _ of COUNTS) {
		const celsius = thermistor.read();
		trace(thermistor.fault === "" ? `${celsius.toFixed(1)} C\n` : `fault: ${thermistor.fault}\n`);
	}
	thermistor.close();
	trace("done\n");
}
