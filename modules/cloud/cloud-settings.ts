// The part of the settings that clouds read; ranges and defaults stand in modules/app/settings.ts.

export interface CloudSettings {
	readonly device: { readonly id: string; readonly name: string };
	readonly broker: {
		readonly host: string;
		readonly keepAlive: number;
		readonly username: string;
		readonly password: string;
	};
	readonly sampling: { readonly qos: 0 | 1 | 2 };
	readonly motor: { readonly maxRpm: number };
	readonly cumulocity: {
		readonly type: string;
		readonly multiple: boolean;
		readonly requiredAvailability: number;
		readonly describe: boolean;
		readonly relay: "led" | "buzzer" | "speed";
		readonly debug: boolean;
	};
	readonly sap: {
		readonly sensor: string;
		readonly measureCapability: string;
		readonly commandCapability: string;
		readonly arrays: boolean;
		readonly messageId: boolean;
		readonly dateProperty: string;
		readonly ackMs: number;
	};
	readonly plain: {
		readonly measures: string;
		readonly commands: string;
		readonly results: string;
		readonly status: string;
		readonly health: string;
		readonly commandsQos: 0 | 1 | 2;
		readonly resultsQos: 0 | 1 | 2;
		readonly statusQos: 0 | 1 | 2;
		readonly format: "json" | "raw";
		readonly persistent: boolean;
		readonly retainedCommands: boolean;
	};
}
