// A plain MQTT broker in the list of clouds.

import type { Channel } from "../../core/channels.js";
import type { CloudKind } from "../cloud-kind.js";
import { Plain } from "./plain.js";
import { PLAIN, type PlainSettings, plainMistakes } from "./settings.js";

export const plain: CloudKind<PlainSettings, typeof PLAIN> = Object.freeze({
	settings: PLAIN,
	mistakes: plainMistakes,
	atRest: Object.freeze({ slots: 1461, chunkBytes: 7_037 }),
	channel: Object.freeze({ slots: 29, chunkBytes: 83 }),
	names: ({ key }: Channel) => key,
	make: (settings: PlainSettings) => new Plain(settings),
});
