/**
 * Something is wrong with what was given; the message is one sentence that says what to do, without any
 * secret.
 */
export class CertsError extends Error {
	override name = "CertsError";
}
