// What a template of a row is given beside the row.
import type { Arguments } from "./arguments.js";
import type { Intake } from "./intake.js";
import type { Device } from "./inventory.js";
import type { Tenant } from "./tenant.js";

export interface RowContext {
	readonly tenant: Tenant;
	/** External id of the device that the row is about: the one that is connected, or its child. */
	readonly device: string;
	/** External id of the connected device, when the row is about another. */
	readonly parent?: string;
	/** That device, which its first data creates. */
	own(): Device;
	readonly intake: Intake;
	/** Sends the PENDING operations of this device and its children again. */
	resend(): void;
	/** Answers with a row. */
	reply(...columns: string[]): void;
	/** A tenant from before 2023. */
	readonly older: boolean;
}

export type Template = (row: Arguments, context: RowContext) => void;
export type Templates = Readonly<Record<string, Template>>;
