// Static templates 100 to 125 and 150: devices, their children, and what they say about themselves.
import { BAD_ARGUMENT, integer, optionalNumber, RowError } from "./arguments.js";
import { removeFragment, setFragment } from "./fragments.js";
import type { Template, Templates } from "./row-context.js";

const ALREADY_EXISTS = 41;

/** A fragment that is the list of the row's columns. */
function list(fragment: string): Template {
	return (row, { own }) => setFragment(own(), fragment, row.rest(0));
}

function fields(fragment: string, ...names: string[]): Template {
	return (row, { own }) => {
		const given = names.map((name, at): [string, string] => [name, row.text(at)]);
		setFragment(own(), fragment, Object.fromEntries(given));
	};
}

const MANAGED_OBJECT_TEMPLATES: Templates = {
	"100": (row, { tenant, device, parent }) => {
		if (parent !== undefined) tenant.inventory.ensure(parent);
		if (!tenant.inventory.create(device, row.text(0), row.text(1), parent)) {
			throw new RowError(ALREADY_EXISTS, "Device already existing");
		}
	},
	"101": (row, { tenant, own }) => {
		const child = row.mandatory(0, "child id");
		const isChildDevice = row.boolean(3, "isChildDevice", true);
		const { id: parent } = own();
		const created = tenant.inventory.create(child, row.text(1), row.text(2), parent);
		if (!created) throw new RowError(ALREADY_EXISTS, "Device already existing");
		if (!isChildDevice) created.addition = true;
	},
	"105": (_row, { tenant, own, reply }) => {
		reply("106", ...tenant.inventory.childDevices(own().id).map(({ id }) => id));
	},
	"107": (row, { own }) => {
		row.mandatory(0, "fragment");
		for (const fragment of row.rest(0)) removeFragment(own(), fragment);
	},
	"123": (_row, { own, reply }) => reply("124", own().internalId),
	"125": (_row, { own }) => void own(),
};

export const INVENTORY_TEMPLATES: Templates = {
	...MANAGED_OBJECT_TEMPLATES,
	"110": fields("c8y_Hardware", "serialNumber", "model", "revision"),
	"111": fields("c8y_Mobile", "imei", "iccid", "imsi", "mcc", "mnc", "lac", "cellId"),
	"112": (row, { own }) => {
		const [lat, lng] = [optionalNumber(row, 0, "latitude"), optionalNumber(row, 1, "longitude")];
		const alt = optionalNumber(row, 2, "altitude");
		const accuracy = row.text(3) === "" ? 0 : integer(row, 3, "accuracy");
		setFragment(own(), "c8y_Position", { lat, lng, alt, accuracy });
	},
	"113": fields("c8y_Configuration", "config"),
	"114": list("c8y_SupportedOperations"),
	"115": fields("c8y_Firmware", "name", "version", "url"),
	"117": (row, { own }) => {
		const minutes = integer(row, 0, "interval");
		// An interval the operator may have changed is kept.
		own().requiredAvailability ??= minutes;
	},
	"118": list("c8y_SupportedLogs"),
	"119": list("c8y_SupportedConfigurations"),
	"120": (row, { own }) => {
		const [type, url] = [row.mandatory(0, "type"), row.mandatory(1, "URL")];
		const time = new Date(row.time(3)).toISOString();
		setFragment(own(), `c8y_Configuration_${type}`, { type, url, name: row.text(2) || type, time });
	},
	"121": (row, { tenant, device, own }) => {
		row.mandatory(0, "executed");
		const profileExecuted = row.boolean(0, "executed", false);
		const executing = { deviceId: device, status: "EXECUTING", fragment: "c8y_DeviceProfile" };
		const profileId = row.text(1) || tenant.operations.select(executing)[0]?.fragments.profileId;
		if (profileId === undefined) throw new RowError(BAD_ARGUMENT, "No profile id, and no profile under way");
		setFragment(own(), "c8y_Profile", { profileId, profileExecuted });
	},
	"122": (row, { own }) => {
		const [name, version] = [row.mandatory(0, "name"), row.mandatory(1, "version")];
		const [url, maintainer] = [row.text(2), row.mandatory(3, "maintainer")];
		setFragment(own(), "c8y_Agent", { name, version, url, maintainer });
	},
	"150": (row, { own }) => {
		const protocols = row.rest(0);
		if (protocols.length > 0) setFragment(own(), "c8y_RemoteAccessSupportedProtocols", protocols);
		else removeFragment(own(), "c8y_RemoteAccessSupportedProtocols");
	},
};
