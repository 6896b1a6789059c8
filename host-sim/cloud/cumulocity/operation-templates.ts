// Static templates 500 to 507: operations and how they go.
import { type Arguments, BAD_ARGUMENT, RowError } from "./arguments.js";
import { setFragment } from "./fragments.js";
import type { Operation, OperationDetails, OperationStatus } from "./operations.js";
import type { Template, Templates } from "./row-context.js";
import type { Tenant } from "./tenant.js";

/** What a row says about an operation that ends. */
function details(row: Arguments, to: OperationStatus): OperationDetails {
	if (to === "FAILED") return { failureReason: row.text(1) };
	return to === "SUCCESSFUL" ? { result: row.rest(1) } : {};
}

/** What the device has done changes the operation, or what the tenant knows of the device. */
function ended(operation: Operation, tenant: Tenant): void {
	const { fragments, result = [] } = operation;
	const device = tenant.inventory.ensure(operation.deviceId);
	const has = (name: string): boolean => Object.hasOwn(fragments, name);
	const [first = ""] = result;
	if (has("c8y_RelayArray") && result.length > 0) device.relayArray = result;
	if (has("c8y_CommunicationMode")) {
		setFragment(device, "c8y_CommunicationMode", fragments.c8y_CommunicationMode ?? {});
	}
	for (const name of ["c8y_LogfileRequest", "c8y_UploadConfigFile"]) {
		if (has(name) && first !== "") fragments[name] = { ...(fragments[name] as object), file: first };
	}
	if (has("c8y_DownloadConfigFile")) {
		const time = first || new Date().toISOString();
		setFragment(device, "c8y_ConfigurationDump", { id: operation.id, time });
	}
}

function advance(from: OperationStatus, to: OperationStatus): Template {
	return (row, { tenant, device }) => {
		const fragment = row.mandatory(0, "fragment");
		const operation = tenant.operations.advance(device, fragment, from, to, details(row, to));
		if (!operation) throw new RowError(BAD_ARGUMENT, `No ${from} operation with fragment ${fragment}`);
		if (to === "SUCCESSFUL") ended(operation, tenant);
	};
}

function advanceById(from: readonly OperationStatus[], to: OperationStatus): Template {
	return (row, { tenant, device }) => {
		const id = row.mandatory(0, "operation id");
		const operation = tenant.operations.get(id);
		if (operation?.deviceId !== device) throw new RowError(BAD_ARGUMENT, `No operation ${id} of this device`);
		if (!from.includes(operation.status)) {
			throw new RowError(BAD_ARGUMENT, `Operation ${id} is ${operation.status}`);
		}
		tenant.operations.move(operation, to, details(row, to));
		if (to === "SUCCESSFUL") ended(operation, tenant);
	};
}

export const OPERATION_TEMPLATES: Templates = {
	"500": (_row, { resend }) => resend(),
	"501": advance("PENDING", "EXECUTING"),
	"502": advance("EXECUTING", "FAILED"),
	"503": advance("EXECUTING", "SUCCESSFUL"),
	"504": advanceById(["PENDING"], "EXECUTING"),
	// By its id an operation can also be refused before it has begun.
	"505": advanceById(["PENDING", "EXECUTING"], "FAILED"),
	"506": advanceById(["EXECUTING"], "SUCCESSFUL"),
	"507": (row, { tenant, device }) => {
		const fragment = row.text(0);
		const failureReason = row.text(1);
		for (const operation of tenant.operations.select({ deviceId: device, status: "EXECUTING", fragment })) {
			const first = fragment || (Object.keys(operation.fragments)[0] ?? "");
			tenant.operations.advance(device, first, "EXECUTING", "FAILED", { failureReason });
		}
	},
};
