// What does not fit the device model, said to a device or to an operator.

/** Becomes a 400 acknowledgement, or the answer to an operator with its status. */
export class ModelError extends Error {
	/** 400 what is asked for makes no sense, 409 it does not go with what is there. */
	readonly status: 400 | 409;

	constructor(message: string, status: 400 | 409 = 400) {
		super(message);
		this.status = status;
	}
}
