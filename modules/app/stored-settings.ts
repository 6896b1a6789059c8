// The settings of a boot: the manifest's, overlaid by what the store has under "settings", a JSON text of
// groups. A text that is wrong in any way, or does not fit into the machine, counts as a whole for nothing,
// so that a node never runs with half of what somebody meant. Then the last text that was good counts, which
// the store keeps under another key.

import type { Channel } from "../core/channels.js";
import { DEFAULT_TABLE } from "../core/default-channels.js";
import type { Fitting } from "./room.js";
import { isSetting, type Settings, SettingsError, settingsOf } from "./settings.js";
import { parseSettings } from "./settings-text.js";

/** Keys in the store. */
export const SETTINGS_KEY = "settings";
export const LAST_GOOD_KEY = "settings-good";
/** Characters of a text. The longest is more than ESP32's NVS takes. */
export const LONGEST_TEXT = 4000;

/** The board's memory, as far as settings are held against it. */
export interface Room {
	/** Which setting is at fault and what would fit, or "". */
	fault(settings: Settings): string;
	/** The largest outbox that fits; undefined: none does. */
	fitting(settings: Settings): Fitting | undefined;
}

export interface ChosenSettings {
	readonly settings: Settings;
	/**
	 * Why those of the store do not count; "" if they do, or if there are none. Without values: one may be a
	 * password.
	 */
	readonly refused: string;
	/** What lies over the manifest's; undefined: nothing. */
	readonly from?: "store" | "last good";
	/** Why the manifest's own had to be reduced; undefined: they were not. */
	readonly reduced?: string;
}

/** `table`: the board's channels. Throws a SettingsError only for the manifest's. */
export function chooseSettings(
	manifest: unknown,
	stored: string | number | undefined,
	lastGood?: string | number | undefined,
	room?: Room,
	table: readonly Channel[] = DEFAULT_TABLE,
): ChosenSettings {
	let refused = "";
	if (stored !== undefined) {
		const now = overlaid(table, manifest, stored, room);
		if (typeof now !== "string") return { settings: now, refused, from: "store" };
		refused = now;
		const before = lastGood === undefined ? "" : overlaid(table, manifest, lastGood, room);
		if (typeof before !== "string") return { settings: before, refused, from: "last good" };
	}
	const settings = settingsOf(table, manifest);
	const reduced = room?.fault(settings) ?? "";
	if (!room || reduced === "") return { settings, refused };
	// An image may have been built for a larger board: then it keeps less, and starts.
	const outbox = room.fitting(settings);
	return {
		settings: outbox ? settingsOf(table, manifest, { outbox }) : settings,
		refused,
		reduced,
	};
}

/** The manifest's with this text over them, or what is wrong with it. */
function overlaid(
	table: readonly Channel[],
	manifest: unknown,
	text: string | number,
	room: Room | undefined,
): Settings | string {
	try {
		const settings = settingsOf(table, manifest, parsed(table, text));
		const fault = room?.fault(settings) ?? "";
		return fault === "" ? settings : `settings: ${fault}`;
	} catch (error) {
		return error instanceof SettingsError ? error.message : "settings: unreadable";
	}
}

function parsed(table: readonly Channel[], stored: string | number): unknown {
	if (typeof stored !== "string") throw new SettingsError(["the store has no text"]);
	return parseSettings(stored, {
		longest: LONGEST_TEXT,
		depth: 3,
		known: (group, key, field) => isSetting(table, group, key, field),
	});
}
