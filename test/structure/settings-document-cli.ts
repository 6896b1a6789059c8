// `npm run docs`: writes docs/settings.md.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { DOCUMENT, settingsDocument } from "./settings-document.js";
import { ROOT } from "./sources.js";

writeFileSync(join(ROOT, DOCUMENT), settingsDocument());
process.stdout.write(`${DOCUMENT} is written.\n`);
