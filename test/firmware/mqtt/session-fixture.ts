// A session in virtual time, up to its CONNACK.

import { Fixture } from "./fixture.js";

export const CONNACK = [0x20, 2, 0, 0];
export const PINGRESP = [0xd0, 0];
export const SECOND = 1_000;

/** The hexadecimal of what was written since the last look. */
export const wire = (f: Fixture): string => Buffer.from(f.transport.take()).toString("hex");
export const cmds = (f: Fixture): string[] => f.sent().map((packet) => packet.cmd);

export function greeting(options: ConstructorParameters<typeof Fixture>[0] = {}): Fixture {
	const f = new Fixture(options);
	f.session.start();
	f.transport.connect();
	return f;
}
