// Operations as JSON (topic devicecontrol/notifications): each with its id, which rows do not have.
import type { Device } from "./inventory.js";
import type { Operation } from "./operations.js";

const SPACE_AROUND = 16;

/** One operation as its document. `deviceId` is the internal id; the device knows itself by the external one. */
export function operationDocument(operation: Operation, device: Device): string {
	const { id, status, fragments } = operation;
	const creationTime = new Date(operation.creationTime).toISOString();
	return JSON.stringify({
		delivery: { log: [], time: creationTime, status: "PENDING" },
		...{ deviceId: device.internalId, creationTime, id, status },
		...fragments,
		externalSource: { externalId: device.id, type: "c8y_Serial" },
	});
}

/** Documents with a line feed between them, as many in a message as an MQTT packet of this size takes. */
export function packDocuments(
	documents: readonly string[],
	topic: string,
	maxPacketBytes: number,
): { messages: string[]; tooLarge: number } {
	const room = maxPacketBytes - SPACE_AROUND - topic.length;
	const messages: string[] = [];
	let tooLarge = 0;
	let message = "";
	for (const document of documents) {
		if (Buffer.byteLength(document) > room) {
			tooLarge++;
			continue;
		}
		const longer = message === "" ? document : `${message}\n${document}`;
		if (Buffer.byteLength(longer) <= room) {
			message = longer;
			continue;
		}
		messages.push(message);
		message = document;
	}
	if (message !== "") messages.push(message);
	return { messages, tooLarge };
}
