// The settings of a boot: the manifest's, overlaid by what the store has under "settings", a JSON text of groups. A text that
// is wrong in any way counts as a whole for nothing, so that a node never runs with half of what somebody meant.

import { isSetting, makeSettings, type Settings, SettingsError } from "./settings.js";
import { parseSettings } from "./settings-text.js";

/** Key in the store. */
export const SETTINGS_KEY = "settings";
/** The longest text is more than ESP32's NVS takes. */
const RULES = Object.freeze({ longest: 4000, depth: 2, known: isSetting });

export interface ChosenSettings {
	readonly settings: Settings;
	/** Why those of the store do not count; "" if they do, or if there are none. Without values: one may be a password. */
	readonly refused: string;
}

/** Throws a SettingsError only for the manifest's. */
export function chooseSettings(manifest: unknown, stored: string | number | undefined): ChosenSettings {
	const settings = makeSettings(manifest);
	if (stored === undefined) return { settings, refused: "" };
	try {
		return { settings: makeSettings(manifest, parsed(stored)), refused: "" };
	} catch (error) {
		return { settings, refused: error instanceof SettingsError ? error.message : "settings: unreadable" };
	}
}

function parsed(stored: string | number): unknown {
	if (typeof stored !== "string") throw new SettingsError(["the store has no text"]);
	return parseSettings(stored, RULES);
}
