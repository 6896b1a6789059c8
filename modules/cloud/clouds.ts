// The clouds that this firmware knows, by their names.

import type { Fields } from "../core/schema.js";
import type { CloudKind, NamedGroups, NamedValues, NoNames } from "./cloud-kind.js";
import * as list from "./list.js";

export const CLOUDS = list;
export type CloudName = keyof typeof CLOUDS;
export const CLOUD_NAMES = Object.freeze(Object.keys(CLOUDS)) as readonly CloudName[];

/** The group of settings of each. */
export const CLOUD_SETTINGS = Object.freeze(
	Object.fromEntries(CLOUD_NAMES.map((name) => [name, CLOUDS[name].settings])),
) as { readonly [N in CloudName]: (typeof CLOUDS)[N]["settings"] };

type NamedOf<K> = K extends CloudKind<infer _S, infer _G, infer N> ? N : NoNames;
type All<U> = (U extends unknown ? (each: U) => void : never) extends (all: infer I) => void ? I : never;
/** The groups of all clouds whose settings are groups under free names. */
export type AllNamed =
	All<NamedOf<(typeof CLOUDS)[CloudName]>> extends infer N extends NamedGroups ? NamedValues<N> : never;
export const NAMED_SETTINGS: Readonly<Record<string, Fields>> = Object.freeze(
	Object.assign({}, ...CLOUD_NAMES.map((name) => (CLOUDS[name] as { named?: NamedGroups }).named)),
);
