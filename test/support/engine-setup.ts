// Builds the XS engine once before any test, so that no test's clock runs meanwhile. Without a C compiler the
// tests that need it are skipped with a word.

import { BuildError, buildEngine } from "../../host-sim/xs/build.js";

export async function mochaGlobalSetup(): Promise<void> {
	let told = "";
	try {
		await buildEngine((text) => {
			const what = text.split(",")[0] ?? "";
			if (what !== told) console.log(`${what} …`);
			told = what;
		});
	} catch (error) {
		if (!(error instanceof BuildError)) throw error;
		console.log(error.message.split("\n")[0]);
	}
}
