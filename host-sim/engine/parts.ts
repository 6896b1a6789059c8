// The parts that a board's table of channels names, for its circuit.

import type { Channel } from "../../modules/core/channels.js";
import type { PartPlace } from "../circuit/part.js";

/** Each part once, in the order of the channels. */
export function partsOf(channels: readonly Channel[]): PartPlace[] {
	const sources = new Set(channels.map(({ from }) => from));
	return [...sources].flatMap((source) => (typeof source === "string" ? [] : [source]));
}
