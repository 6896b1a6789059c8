// What a machine on XS runs first: makes the hardware's state, starts the firmware and, if the parent
// watches, tells it what the node shows of itself.

import { putStatus } from "host-sim/engine/put-status";
import { Hardware } from "host-sim/xs/board/hardware";
import { frameObserver } from "host-sim/xs/board/observer";
import { Control, Out } from "host-sim/xs/frames";
import config from "mc/config";
import main from "../../../main.js";

export default function start(): void {
	const board = new Hardware();
	host.attach(board);
	const node = main();
	if ((config as { observe?: boolean }).observe) node.observer = frameObserver();
	const status: [type: number, ...values: unknown[]] = [Out.Status];
	putStatus(node, status, 1);
	board.control = (what) => {
		if (what === Control.StopSampling) node.stopSampling();
		else if (what === Control.Stop) node.stop(() => host.send(Out.Stopped));
		putStatus(node, status, 1);
		host.send.apply(host, status);
	};
}
