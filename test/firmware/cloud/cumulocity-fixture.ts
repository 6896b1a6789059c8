import { Cumulocity } from "../../../modules/cloud/cumulocity/cumulocity.js";
import { FakeHost, opening, settingsWith } from "./fake-host.js";

export type Groups = Parameters<typeof settingsWith>[0];
export const make = (groups: Groups = {}) => new Cumulocity(settingsWith(groups), "1.2.3");
export function start(groups: Groups = {}) {
	const cloud = make(groups);
	return { cloud, host: new FakeHost(cloud) };
}

/** When no row that 500 brought can be on its way any more, ms. */
export const READY = 3000;

/** The same behind its first opening. */
export function ready(groups: Groups = {}) {
	const started = start(groups);
	opening(started.cloud);
	started.host.time = READY;
	return started;
}
