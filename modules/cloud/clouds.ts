// The clouds that this firmware knows, by their names.

import * as list from "./list.js";

export const CLOUDS = list;
export type CloudName = keyof typeof CLOUDS;
export const CLOUD_NAMES = Object.freeze(Object.keys(CLOUDS)) as readonly CloudName[];

/** The group of settings of each. */
export const CLOUD_SETTINGS = Object.freeze(
	Object.fromEntries(CLOUD_NAMES.map((name) => [name, CLOUDS[name].settings])),
) as { readonly [N in CloudName]: (typeof CLOUDS)[N]["settings"] };
