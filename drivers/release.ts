// Letting go of hardware whatever it answers: a pin that cannot be set to rest is released all the same.

/** Sets an output to 0 and closes it; closes it also when the write fails, and then throws what it threw. */
export function restAndClose(output: { write(value: number): void; close(): void } | undefined): void {
	if (output === undefined) return;
	try {
		output.write(0);
	} finally {
		output.close();
	}
}

/** Does the last step of a construction; if that fails, closes what was made and throws the first error. */
export function orRelease(made: { close(): void }, step: () => void): void {
	try {
		step();
	} catch (error) {
		closeQuietly(made);
		throw error;
	}
}

/** Closes; returns what it threw, or undefined. */
export function closeQuietly(made: { close(): void }): unknown {
	try {
		made.close();
		return undefined;
	} catch (error) {
		return error;
	}
}
