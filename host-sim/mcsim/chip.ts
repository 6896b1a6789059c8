// The module "chip" where there is none: in Moddable's simulator.

/** No fact is known. */
export function chipFact(_fact: number): number {
	return -1;
}
