// Static templates 100 to 125: devices, their children, and what they say about themselves.
import { BAD_ARGUMENT, RowError } from "./arguments.js";
import type { Templates } from "./row-context.js";

const ALREADY_EXISTS = 41;

export const INVENTORY_TEMPLATES: Templates = {
	"100": (row, { tenant, device, parent }) => {
		if (parent !== undefined) tenant.inventory.ensure(parent);
		if (!tenant.inventory.create(device, row.text(0), row.text(1), parent)) {
			throw new RowError(ALREADY_EXISTS, "Device already existing");
		}
	},
	"101": (row, { tenant, own }) => {
		const child = row.mandatory(0, "child id");
		const { id: parent } = own();
		if (!tenant.inventory.create(child, row.text(1), row.text(2), parent)) {
			throw new RowError(ALREADY_EXISTS, "Device already existing");
		}
	},
	"105": (_row, { tenant, own, reply }) => {
		reply("106", ...tenant.inventory.childrenOf(own().id).map(({ id }) => id));
	},
	"110": (row, { own }) => {
		const [serialNumber, model, revision] = [row.text(0), row.text(1), row.text(2)];
		own().hardware = { serialNumber, model, revision };
	},
	"114": (row, { own }) => {
		own().supportedOperations = row.rest(0);
	},
	"115": (row, { own }) => {
		const [name, version, url] = [row.text(0), row.text(1), row.text(2)];
		own().firmware = { name, version, url };
	},
	"117": (row, { own }) => {
		const minutes = row.number(0, "interval");
		if (!Number.isInteger(minutes)) throw new RowError(BAD_ARGUMENT, "interval is not an integer");
		// An interval the operator may have changed is kept.
		own().requiredAvailability ??= minutes;
	},
	"122": (row, { own }) => {
		const [name, version] = [row.mandatory(0, "name"), row.mandatory(1, "version")];
		const [url, maintainer] = [row.text(2), row.mandatory(3, "maintainer")];
		own().agent = { name, version, url, maintainer };
	},
	"125": (_row, { own }) => void own(),
};
