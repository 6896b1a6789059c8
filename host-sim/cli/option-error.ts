// What the command lines of host-sim throw.

/** A mistake on the command line; the message is one sentence that says what to do. */
export class OptionError extends Error {
	override name = "OptionError";
}
