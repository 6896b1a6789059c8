// SmartREST 2.0 static templates that this node uses (Cumulocity: "MQTT static templates").

import { ascii, equals } from "../../core/bytes.js";

/** Device → cloud, on s/us. */
export const MessageId = Object.freeze({
	CreateDevice: 100,
	CreateChild: 101,
	Hardware: 110,
	Position: 112,
	SupportedOperations: 114,
	Firmware: 115,
	RequiredAvailability: 117,
	Agent: 122,
	Heartbeat: 125,
	Measurement: 200,
	MeasurementMultiple: 201,
	SignalStrength: 210,
	Battery: 212,
	CriticalAlarm: 301,
	MajorAlarm: 302,
	MinorAlarm: 303,
	WarningAlarm: 304,
	ClearAlarm: 306,
	Event: 400,
	LocationUpdate: 402,
	GetPendingOperations: 500,
	SetExecuting: 501,
	SetFailed: 502,
	SetSuccessful: 503,
	SetExecutingById: 504,
	SetFailedById: 505,
	SetSuccessfulById: 506,
	GetTemplates: 602,
} as const);

/** Cloud → device, on s/ds. */
export const Operation = Object.freeze({
	Restart: 510,
	Command: 511,
	MeasurementRequest: 517,
	Relay: 518,
	RelayArray: 519,
} as const);

/** The answer to GetTemplates: the ids of all templates. */
export const TEMPLATES_ANSWER = 603;

/** An id of no operation, as an index of the table. */
const NONE = 2;

/** The fragment of each operation that the cloud can send, from 510 on; empty where there is none. */
const FRAGMENTS: readonly Uint8Array[] = Object.freeze([
	ascii("c8y_Restart"), // 510
	ascii("c8y_Command"),
	ascii(""),
	ascii("c8y_Configuration"),
	ascii(""),
	ascii("c8y_Firmware"), // 515
	ascii("c8y_SoftwareList"),
	ascii("c8y_MeasurementRequestOperation"),
	ascii("c8y_Relay"),
	ascii("c8y_RelayArray"),
	ascii("c8y_UploadConfigFile"), // 520
	ascii("c8y_DownloadConfigFile"),
	ascii("c8y_LogfileRequest"),
	ascii("c8y_CommunicationMode"),
	ascii("c8y_DownloadConfigFile"),
	ascii("c8y_Firmware"), // 525
	ascii("c8y_UploadConfigFile"),
	ascii("c8y_DeviceProfile"),
	ascii("c8y_SoftwareUpdate"),
	ascii("c8y_SoftwareUpdate"),
	ascii("c8y_RemoteAccessConnect"), // 530
	ascii(""),
	ascii("c8y_ParameterUpdate"),
]);
const FIRST = 510;
const LAST = FIRST + FRAGMENTS.length - 1;

/** The fragment of an operation, or no bytes if the id is not one. */
export function operationFragment(id: number): Uint8Array {
	return FRAGMENTS[id >= FIRST && id <= LAST ? id - FIRST : NONE] as Uint8Array;
}

/** The first id whose fragment has this name, or 0. */
export function operationOf(name: Uint8Array, length: number): number {
	for (let i = 0; i < FRAGMENTS.length; i++) {
		const fragment = FRAGMENTS[i] as Uint8Array;
		if (fragment.length > 0 && equals(name, 0, length, fragment)) return FIRST + i;
	}
	return 0;
}
