// States of relays that 518 has switched: it changes nothing in the inventory, of which the cloud's own
// switch shows the state, so the inventory is told.

import { ascii } from "../../core/bytes.js";
import type { CloudHost } from "../cloud.js";
import { utf8 } from "../text.js";

const INVENTORY = "inventory/managedObjects/update/";

export class RelayStates {
	private readonly host: CloudHost;
	/** States that are to be told, by the external ids of their devices. */
	private readonly states = new Map<string, string>();
	/** What was told last in this connection, which may not have arrived. */
	private readonly told = new Map<string, string>();

	constructor(host: CloudHost) {
		this.host = host;
	}

	set(id: string, state: string): void {
		this.states.set(id, state);
	}

	/** Tells one of them, if there is one and it can go now. */
	tell(): void {
		if (this.states.size === 0) return; // called twice a second: an iterator would be garbage
		for (const [id, state] of this.states) {
			const text = ascii(`{"c8y_Relay":{"relayState":"${state}"}}`);
			if (!this.host.publish(utf8(INVENTORY + id), text)) return;
			this.states.delete(id);
			this.told.set(id, state);
			return;
		}
	}

	/** The connection is gone. */
	disconnected(): void {
		for (const [id, state] of this.told) if (!this.states.has(id)) this.states.set(id, state);
		this.told.clear();
	}
}
