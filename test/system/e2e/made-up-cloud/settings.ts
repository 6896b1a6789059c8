// Its settings: one text and one rule.

import type { SharedSettings } from "../../../../modules/cloud/shared-settings.js";
import { text, type Values } from "../../../../modules/core/schema.js";

export const MADE_UP = Object.freeze({
	/** First level of all topics. */
	root: text("hut", 20, 1),
});

export type MadeUpSettings = SharedSettings & { readonly madeUp: Values<typeof MADE_UP> };

export function madeUpMistakes({ madeUp }: MadeUpSettings): string[] {
	return madeUp.root === "barn" ? ["madeUp.root: barn is taken"] : [];
}
