// What a person reads of a run.

import type { Packet } from "mqtt-packet";

const SHOWN = 90;

export function describePacket(packet: Packet): string {
	const id = packet.messageId === undefined || packet.messageId === 0 ? "" : ` ${packet.messageId}`;
	switch (packet.cmd) {
		case "publish": {
			const text = JSON.stringify(packet.payload.toString("utf8"));
			const shown = text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text;
			return `PUBLISH${id} QoS ${packet.qos}${packet.dup ? " DUP" : ""} ${packet.topic} ${shown}`;
		}
		case "connack":
			return `CONNACK ${packet.returnCode}${packet.sessionPresent ? ", session present" : ""}`;
		case "connect":
			return `CONNECT${packet.clean ? ", clean session" : ""}, keepalive ${packet.keepalive} s`;
		case "subscribe":
			return `SUBSCRIBE${id} ${packet.subscriptions.map(({ topic }) => topic).join(" ")}`;
		case "suback":
			return `SUBACK${id} ${packet.granted.join(" ")}`;
		default:
			return `${packet.cmd.toUpperCase()}${id}`;
	}
}
