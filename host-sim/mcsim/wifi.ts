// Ecma-419's Wi-Fi interface in Moddable's simulator: as host-sim's, with a switch on the panel that takes
// the network away.

import SimulatedWifi from "host-sim/circuit/wifi";

interface Air {
	/** The panel has cut the network. */
	moteCut?: boolean;
}

export default class PanelWifi extends SimulatedWifi {
	override get connection(): number {
		return (globalThis as Air).moteCut ? 200 : super.connection;
	}
}
