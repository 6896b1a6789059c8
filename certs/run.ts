// One run of the tool: from its arguments to what it says.

import { IdentityFolder } from "./library/folder.js";
import { type CertsOptions, parseOptions, USAGE, type Verb } from "./options.js";
import { importAny, importSap } from "./verbs/bring-in.js";
import { bulk } from "./verbs/bulk.js";
import { board, keystore, possession, upload } from "./verbs/hand-out.js";
import { chain, checkAll, probeBroker } from "./verbs/look.js";
import { ca, device, intermediate, server } from "./verbs/make.js";
import { truststore } from "./verbs/trust.js";
import type { Say } from "./verbs/verb.js";

type Run = (options: CertsOptions, folder: IdentityFolder, say: Say, note: Say) => Promise<unknown>;

const RUN: Readonly<Record<Verb, Run>> = {
	...{ ca, intermediate, device, server, chain, board, keystore, truststore, possession, upload, bulk },
	import: importAny,
	"import-sap": importSap,
	check: checkAll,
	probe: probeBroker,
};

/**
 * Returns the exit code: 1 where check or probe found something wrong. `say` is the result, `note` what is
 * said beside it. Throws a CertsError for a mistake on the command line or in a file.
 */
export async function runCerts(args: readonly string[], sayRaw: Say, noteRaw: Say): Promise<number> {
	const say: Say = (line) => sayRaw(printable(line));
	const note: Say = (line) => noteRaw(printable(line));
	const options = parseOptions(args);
	if (!options) {
		say(USAGE.trimEnd());
		return 0;
	}
	const folder = new IdentityFolder(options.folder, options.force);
	return (await RUN[options.verb](options, folder, say, note)) === false ? 1 : 0;
}

/**
 * Names in certificates come from strangers: what a terminal would obey, or what turns the line around, is
 * not printed.
 */
export function printable(text: string): string {
	return text.replace(/[^\P{C}\n\t]/gu, "?");
}
