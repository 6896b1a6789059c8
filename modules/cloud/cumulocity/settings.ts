// The settings of Cumulocity IoT: defaults and ranges.

import { choice, flag, text, type Values, whole } from "../../core/schema.js";
import type { SharedSettings } from "../shared-settings.js";

export const CUMULOCITY = Object.freeze({
	/** Type of the device in the inventory. */
	type: text("mote", 64, 1),
	/** Send 201, several values in one row, instead of a 200 for each value. It needs a newer tenant. */
	multiple: flag(false),
	/**
	 * The cloud hears of the node within this time, also when there is nothing to say; 117 gives a new
	 * device this interval. 0: no 117 and no signs of life. Unit: minutes.
	 */
	requiredAvailability: whole(10, 0, 10080),
	/** Send 122 (agent) and 110 (hardware). */
	describe: flag(true),
	/** The actuator that 518 (c8y_Relay) switches. */
	relay: choice("led", ["led", "buzzer", "speed"]),
	/** Actuators that 519 (c8y_RelayArray) switches, in its order, such as "led,buzzer"; empty: none. */
	relays: text("", 32),
	/**
	 * Take operations from devicecontrol/notifications, too, and answer them by their ids (504 to 506). It
	 * needs a newer tenant.
	 */
	operationIds: flag(false),
	/**
	 * What the cloud does with measures: stores them and passes them on, passes them on only (transient),
	 * stores them only (quiescent), or hands them to its rules only (cep).
	 */
	mode: choice("persistent", ["persistent", "transient", "quiescent", "cep"]),
	/**
	 * Send measures by templates of their own, which the node registers: a row of numbers, without names.
	 * Under the collection's name (named), or by the client id (default), where topics are shorter.
	 */
	ownTemplates: choice("off", ["off", "named", "default"]),
	/** Where the device stands, for the map: "latitude,longitude" or with the altitude, m; empty: unknown. */
	position: text("", 48),
	/**
	 * Password of management/devicebootstrap, with which a device without certificate gets its own user
	 * and password; empty: it has a certificate, or broker.username.
	 */
	bootstrapPassword: text("", 128),
	/** The LED blinks while the device waits to be accepted. */
	bootstrapLed: flag(false),
	/** Subscribe s/e and log what it says. */
	debug: flag(false),
});

/** A child device: a part of the node that the cloud shows as a device of its own. */
export const CHILD = Object.freeze({
	/** Its identity; empty: that of the device, a colon, and the child's name in the settings. */
	id: text("", 128),
	/** Name that the cloud shows; empty: the child's name in the settings. */
	name: text("", 64),
	/** Its type in the inventory. */
	type: text("mote_Child", 64, 1),
	/** Channels that are its own, such as "temperature,speed"; the device has the others. */
	channels: text("", 256),
	/** The actuator that 518 (c8y_Relay) for the child switches. */
	relay: choice("none", ["none", "led", "buzzer", "speed"]),
});
export type ChildSettings = Values<typeof CHILD>;

/** What this cloud reads. */
export type CumulocitySettings = SharedSettings & {
	readonly cumulocity: Values<typeof CUMULOCITY>;
	readonly children: Readonly<Record<string, ChildSettings>>;
};

/** The external id of a child. */
export function childId(deviceId: string, name: string, { id }: ChildSettings): string {
	return id === "" ? `${deviceId}:${name}` : id;
}
