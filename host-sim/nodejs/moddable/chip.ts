// The module "chip" where there is none: on a laptop.

/** No fact is known. */
export function chipFact(_fact: number): number {
	return -1;
}
