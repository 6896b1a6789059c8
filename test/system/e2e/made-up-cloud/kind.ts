// A small cloud of nobody's, as somebody would add it: made-up-cloud.test.ts puts this folder into
// modules/cloud.

import type { CloudKind } from "../../../../modules/cloud/cloud-kind.js";
import type { Channel } from "../../../../modules/core/channels.js";
import { MadeUp } from "./made-up.js";
import { MADE_UP, type MadeUpSettings, madeUpMistakes } from "./settings.js";

export const madeUp: CloudKind<MadeUpSettings, typeof MADE_UP> = Object.freeze({
	settings: MADE_UP,
	mistakes: madeUpMistakes,
	atRest: Object.freeze({ slots: 1900, chunkBytes: 9000 }),
	channel: Object.freeze({ slots: 30, chunkBytes: 100 }),
	names: ({ key }: Channel) => key,
	make: (settings: MadeUpSettings) => new MadeUp(settings),
});
