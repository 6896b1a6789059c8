// The XS engine for tests that need it; without a C compiler they are skipped with a word.

import type { Context } from "mocha";
import { BuildError, buildEngine, type EngineProgram } from "../../host-sim/xs/build.js";

/** To be called in a `before`, with its `this`. */
export async function engineOrSkip(context: Context): Promise<EngineProgram> {
	context.timeout(120_000);
	try {
		return await buildEngine();
	} catch (error) {
		if (!(error instanceof BuildError)) throw error;
		console.log(`      skipped: ${error.message.split("\n")[0]}`);
		return context.skip();
	}
}
