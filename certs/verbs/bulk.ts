// bulk: the file that registers many devices at Cumulocity in one step.

import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import { bulkCsv, checkList, checkText, type Listed, readList } from "../library/bulk.js";
import { CertsError } from "../library/errors.js";
import { type IdentityFolder, PUBLIC, SECRET, shown } from "../library/folder.js";
import { makePrivateFolder, writeWhole } from "../library/private-folder.js";
import { readBounded } from "../library/read.js";
import type { CertsOptions } from "../options.js";
import { quoted } from "./make.js";
import type { Say } from "./verb.js";

/** As the firmware reports itself unless settings say otherwise. */
const TYPE = "mote";

export async function bulk(options: CertsOptions, folder: IdentityFolder, say: Say): Promise<void> {
	const listed: Listed[] = options.names.map((id, at) => ({ id, name: id, place: `id ${at + 1}` }));
	if (options.list !== undefined)
		listed.push(...readList(await readBounded(options.list, "list of ids"), basename(options.list)));
	else if (listed.length === 0)
		throw new CertsError(
			"bulk needs ids: npm run certs -- bulk ID…, or --list FILE with one id on each line.",
		);
	checkList(listed);
	const type = options.type ?? TYPE;
	checkText(type, "--type");
	const out = options.out ?? join(folder.root, "bulk.csv");
	if (existsSync(out) && !options.force)
		throw new CertsError(
			`${shown(out)} is there already, perhaps with passwords in use; --force overwrites it.`,
		);
	if (options.out === undefined) await makePrivateFolder(folder.root);
	const { basic } = options;
	await writeWhole(out, bulkCsv(listed, { type, basic }), basic ? SECRET : PUBLIC);
	const count = listed.length === 1 ? "1 device" : `${listed.length} devices`;
	say(`written to ${shown(out)}: ${count}, AUTH_TYPE ${basic ? "BASIC" : "CERTIFICATES"}`);
	if (basic) {
		say("it holds their passwords: keep it to yourself, and delete it when each device has its own");
		say("user name of a device: TENANT/device_ID");
	} else say("upload the CA that has signed their certificates before they connect: npm run certs -- upload");
	say("next: in Device Management, Registration, Register device, Bulk device registration; or");
	say(
		`  curl -u TENANT/ADMIN -H 'accept: application/json' -F ${quoted(`file=@${shown(out)};type=text/csv`)} \\\n    https://TENANT.cumulocity.com/devicecontrol/bulkNewDeviceRequests`,
	);
}
