// The module "chip" on ESP32: what chip.c tells. Elsewhere another module has its name.

declare function native(name: string): (this: unknown, ...args: unknown[]) => unknown;

/** A fact by its number, see Fact in modules/app/vitals.ts; -1 if it is not known. */
export function chipFact(this: unknown, fact: number): number {
	return native("xs_mote_chip_fact").call(this, fact) as number;
}
