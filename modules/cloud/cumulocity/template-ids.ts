// SmartREST 2.0 static templates that this node uses (Cumulocity: "MQTT static templates").

/** Device → cloud, on s/us. */
export const Template = Object.freeze({
	CreateDevice: 100,
	Hardware: 110,
	SupportedOperations: 114,
	RequiredAvailability: 117,
	Agent: 122,
	Measurement: 200,
	MeasurementMultiple: 201,
	Event: 400,
	GetPendingOperations: 500,
	SetExecuting: 501,
	SetFailed: 502,
	SetSuccessful: 503,
} as const);

/** Cloud → device, on s/ds. */
export const Operation = Object.freeze({ Restart: 510, Command: 511, Relay: 518 } as const);

/** The fragment of each operation that the cloud can send, from 510 on; "" where there is none. */
const FRAGMENTS: readonly string[] = Object.freeze([
	"c8y_Restart", // 510
	"c8y_Command",
	"",
	"c8y_Configuration",
	"",
	"c8y_Firmware", // 515
	"c8y_SoftwareList",
	"c8y_MeasurementRequestOperation",
	"c8y_Relay",
	"c8y_RelayArray",
	"c8y_UploadConfigFile", // 520
	"c8y_DownloadConfigFile",
	"c8y_LogfileRequest",
	"c8y_CommunicationMode",
	"c8y_DownloadConfigFile",
	"c8y_Firmware", // 525
	"c8y_UploadConfigFile",
	"c8y_DeviceProfile",
	"c8y_SoftwareUpdate",
	"c8y_SoftwareUpdate",
	"c8y_RemoteAccessConnect", // 530
]);

/** The fragment of an operation, or "" if the id is not one. */
export function operationFragment(id: number): string {
	return id >= 510 && id <= 530 ? (FRAGMENTS[id - 510] as string) : "";
}
