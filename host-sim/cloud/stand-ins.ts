// The list of stand-ins.

import { type CumulocityOptions, CumulocityStandIn } from "./cumulocity/stand-in.js";
import { PlainStandIn } from "./plain/stand-in.js";
import { type SapOptions, SapStandIn } from "./sap/stand-in.js";
import type { StandIn, StandInContext } from "./stand-in.js";

export interface StandInOptions {
	cumulocity?: CumulocityOptions;
	sap?: SapOptions;
}

const STAND_INS = {
	cumulocity: (context: StandInContext, options: StandInOptions): StandIn =>
		new CumulocityStandIn(context, options.cumulocity),
	sap: (context: StandInContext, options: StandInOptions): StandIn => new SapStandIn(context, options.sap),
	plain: (context: StandInContext): StandIn => new PlainStandIn(context),
};

/** Clouds that have a stand-in here. */
export type CloudName = keyof typeof STAND_INS;

export function hasStandIn(cloud: string): cloud is CloudName {
	return Object.hasOwn(STAND_INS, cloud);
}

export function makeStandIn(cloud: CloudName, context: StandInContext, options: StandInOptions): StandIn {
	return STAND_INS[cloud](context, options);
}
