// Static templates 102, 104, 116 and 140 to 143: services and software of a device.
import { type Arguments, BAD_ARGUMENT, RowError } from "./arguments.js";
import { removeFragment, setFragment } from "./fragments.js";
import type { Device } from "./inventory.js";
import type { Templates } from "./row-context.js";

interface Software {
	name: string;
	version: string;
	softwareType: string;
	url: string;
}

const ALREADY_EXISTS = 41;
const LIST = "c8y_SoftwareList";
const [PAIR, TRIPLE, QUAD] = [2, 3, 4];

const listOf = (device: Device): Software[] => (device.fragments[LIST] as Software[] | undefined) ?? [];
const isSame = (a: Pick<Software, "name" | "version">, b: Pick<Software, "name" | "version">): boolean =>
	a.name === b.name && a.version === b.version;

/** Runs of this many columns; none for a row of empty columns. */
function* runs(row: Arguments, size: number): Generator<number> {
	for (let at = 0; at < row.rest(0).length; at += size) yield at;
}

function quads(row: Arguments): Software[] {
	return [...runs(row, QUAD)].map((at) => ({
		name: row.mandatory(at, "name"),
		version: row.mandatory(at + 1, "version"),
		softwareType: row.text(at + 2),
		url: row.text(at + 3),
	}));
}

export const SOFTWARE_TEMPLATES: Templates = {
	"102": (row, { tenant, own }) => {
		const [id, serviceType] = [row.mandatory(0, "service id"), row.mandatory(1, "type")];
		const [name, status] = [row.mandatory(2, "name"), row.mandatory(3, "status")];
		const service = tenant.inventory.create(id, name, "c8y_Service", own().id);
		if (!service) throw new RowError(ALREADY_EXISTS, "Service already existing");
		service.service = { serviceType, status };
	},
	"104": (row, { tenant, device }) => {
		const status = row.mandatory(0, "status");
		const service = tenant.inventory.devices.get(device)?.service;
		if (!service) throw new RowError(BAD_ARGUMENT, `${device} is no service`);
		service.status = status;
	},
	"116": (row, { own }) => {
		const list = [...runs(row, TRIPLE)].map((at) => {
			const [name, version, url] = [row.text(at), row.text(at + 1), row.text(at + 2)];
			return { name, version, url };
		});
		setFragment(own(), LIST, list);
	},
	"140": (row, { own }) => setFragment(own(), LIST, quads(row)),
	"141": (row, { own }) => {
		const added = quads(row);
		const kept = listOf(own()).filter((old) => !added.some((software) => isSame(software, old)));
		setFragment(own(), LIST, [...kept, ...added]);
	},
	"142": (row, { own }) => {
		const gone = [...runs(row, PAIR)].map((at) => ({
			name: row.mandatory(at, "name"),
			version: row.mandatory(at + 1, "version"),
		}));
		const kept = listOf(own()).filter((old) => !gone.some((software) => isSame(software, old)));
		setFragment(own(), LIST, kept);
	},
	"143": (row, { own }) => {
		const types = row.rest(0);
		if (types.length > 0) setFragment(own(), "c8y_SupportedSoftwareTypes", types);
		else removeFragment(own(), "c8y_SupportedSoftwareTypes");
	},
};
