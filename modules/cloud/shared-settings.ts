// The settings that every cloud reads. Their ranges and defaults stand in modules/app/settings.ts.

import type { Channel } from "../core/channels.js";

export interface SharedSettings {
	readonly device: { readonly id: string; readonly name: string; readonly cloud?: string };
	readonly broker: {
		readonly host: string;
		/** Seconds. */
		readonly keepAlive: number;
		readonly username: string;
		readonly password: string;
		readonly transport?: string;
		readonly clientCertificate?: boolean;
	};
	/** Places for records of measures. */
	readonly outbox?: { readonly measures: number };
	/** QoS of measures. */
	readonly sampling: { readonly qos: 0 | 1 | 2 };
	readonly motor: { readonly maxRpm: number };
	/** What a sample has, in its order. */
	readonly channels: readonly Channel[];
}

/** Whether an identity can be part of topics and of client ids. */
export function isId(id: string): boolean {
	return !hasAny(id, ":/+#") && !hasBlank(id);
}

export function hasAny(text: string, characters: string): boolean {
	for (const character of characters) if (text.includes(character)) return true;
	return false;
}

export function hasBlank(text: string): boolean {
	for (const character of text) if (character.trim() === "") return true;
	return false;
}
