// The states of the MQTT session, and how it goes from one to the next.
//
//   state       event                     next
//   Stopped     start                     Opening
//   Opening     opened                    Greeting     (CONNECT goes out [MQTT-3.1.0-1])
//   Greeting    CONNACK 0                 Up
//   Up          stop                      Leaving      (DISCONNECT goes out, nothing after it [MQTT-3.14.4-2])
//   Leaving     out / closed / late       Stopped      (out: the socket keeps nothing; a reset would lose it)
//   Opening, Greeting, Up
//               any end                   Waiting      (backoff with full jitter)
//   Waiting     pause over                Opening
//   any         stop (not Up)             Stopped
//
// While the session is held, for want of a network, Waiting does not end.

import { Limits } from "./limits.js";

export const SessionState = Object.freeze({
	Stopped: 0,
	Opening: 1,
	Greeting: 2,
	Up: 3,
	Leaving: 4,
	Waiting: 5,
} as const);

/**
 * Shortest pause after a CONNACK that will not change by itself, ms; what is not here may pass at any moment.
 */
export const REFUSAL_PAUSES = Object.freeze([
	0,
	Limits.configurationPauseMs,
	Limits.configurationPauseMs,
	0,
	Limits.credentialPauseMs,
] as const);

/** Whether a connection's end may be the server's answer to what it was sent. */
export function isByServer(code: string): boolean {
	return code === "connection-lost" || code === "closed-by-server" || code === "websocket-closed";
}
