// `npm run build:xs`: builds the engine now instead of at the first start.

import { BuildError, buildEngine } from "./build.js";

const started = performance.now();
try {
	const { path, bits } = await buildEngine((text) => process.stderr.write(`${text}\n`));
	const seconds = ((performance.now() - started) / 1000).toFixed(1);
	process.stdout.write(`${path} (${bits} bit) is there, after ${seconds} s\n`);
} catch (error) {
	if (!(error instanceof BuildError)) throw error;
	process.stderr.write(`${error.message}\n`);
	process.exit(1);
}
