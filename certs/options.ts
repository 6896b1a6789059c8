// The command line of `npm run certs`: parsed, checked, and explained.

import { parseArgs } from "node:util";
import { CLOUDS, type Cloud, isCloud } from "./library/clouds.js";
import { CertsError } from "./library/errors.js";

export const USAGE = `npm run certs -- VERB …

Make
  ca NAME                         a root of your own
  intermediate NAME --issuer CA   an authority below another
  device ID --issuer CA           a device's certificate; its common name is ID
  server HOST… --issuer CA        a broker's certificate for names and addresses
Bring in
  import-sap FILE                 what SAP's cockpit hands out (.pem or .p12)
  import FILE…                    any certificate with its key and issuers: PEM, DER, PKCS#12
Look
  chain ID [--without-ca]         the chain in the right order
  check [ID]                      everything that can be wrong, with the remedy
  probe mqtts://HOST:PORT --device ID [--ca FILE] [--save FILE]
                                  connect with it, and say what the other side did
Hand out
  board ID --ca FILE              DER files and a manifest for the firmware, or --nvs for boards that share an image
  keystore ID                     PKCS#12 for desktop clients
  truststore CA… [--ca FILE]      whom a client has to trust: PEM, or PKCS#12 where --out ends in .p12
  possession CA --code FILE       Cumulocity's verification code, signed
  upload CA --tenant T            the request that registers a CA at Cumulocity; with --url it is sent
  bulk ID… [--list FILE]          the CSV file that registers devices at Cumulocity; with --basic by passwords

  --folder FOLDER       where identities are kept (certs/own)
  --cloud cumulocity|sap|plain    whose rules count (cumulocity; sap for certificates of SAP)
  --days N              how long: ca 7300, intermediate 3650, device and server 365
  --bits 2048|3072|4096 of the RSA key (2048)
  --path-length N       authorities that may stand below this one (ca 1, intermediate 0)
  --as ID               another name than the certificate's (import, import-sap)
  --secret-file FILE    the secret of an encrypted file; or MOTE_SECRET in the environment, or a prompt
  --out FILE            where to write (board, chain, keystore, truststore, bulk)
  --save FILE           keep the certificates that the server sends, for people to look at (probe)
  --list FILE           ids, one on each line; a name may follow behind a blank (bulk)
  --type T              the type of the devices (bulk: mote)
  --url URL --user U    Cumulocity's address and an administrator (upload); the password like a secret
  --force               overwrite what is there
  --json                findings as JSON (check)
`;

export const VERBS = [
	...["ca", "intermediate", "device", "server", "import-sap", "import"],
	...["chain", "check", "probe", "board", "keystore", "truststore", "possession", "upload"],
	"bulk",
] as const;
export type Verb = (typeof VERBS)[number];

export interface CertsOptions {
	readonly verb: Verb;
	readonly names: readonly string[];
	readonly folder: string;
	readonly issuer: string | undefined;
	readonly device: string | undefined;
	readonly cloud: Cloud | undefined;
	readonly days: number | undefined;
	readonly bits: number;
	readonly pathLength: number | undefined;
	readonly as: string | undefined;
	readonly ca: string | undefined;
	readonly save: string | undefined;
	readonly code: string | undefined;
	readonly out: string | undefined;
	readonly list: string | undefined;
	readonly type: string | undefined;
	readonly secretFile: string | undefined;
	readonly url: string | undefined;
	readonly user: string | undefined;
	readonly tenant: string | undefined;
	readonly withoutCa: boolean;
	readonly nvs: boolean;
	readonly basic: boolean;
	readonly force: boolean;
	readonly json: boolean;
}

const text = { type: "string" } as const;
const flag = { type: "boolean", default: false } as const;
const OPTIONS = {
	...{ folder: text, issuer: text, device: text, cloud: text, days: text, bits: text, "path-length": text },
	...{ as: text, ca: text, code: text, out: text, "secret-file": text, url: text, user: text, tenant: text },
	...{ save: text, list: text, type: text, basic: flag },
	...{ "without-ca": flag, nvs: flag, force: flag, json: flag, help: flag },
} as const;

const MAX_DAYS = 20_000;

/** Undefined: help is asked for. */
export function parseOptions(args: readonly string[]): CertsOptions | undefined {
	let parsed: ReturnType<typeof parse>;
	try {
		parsed = parse(args);
	} catch (error) {
		// Node's sentence names the option; what stands behind the first full stop is advice for programmers.
		throw new CertsError(`${(error as Error).message.split(". ")[0]}; --help lists the options.`);
	}
	const { values, positionals } = parsed;
	const [verb, ...names] = positionals;
	if (values.help || verb === undefined || verb === "help") return undefined;
	if (!(VERBS as readonly string[]).includes(verb))
		throw new CertsError(`there is no verb ${JSON.stringify(verb)}; --help lists them.`);
	const { cloud } = values;
	if (cloud !== undefined && !isCloud(cloud)) throw new CertsError(`--cloud is one of ${CLOUDS.join(", ")}.`);
	const bits = whole("--bits", values.bits, 2048, 4096) ?? 2048;
	if (bits % 1024 !== 0) throw new CertsError("--bits is 2048, 3072 or 4096.");
	return {
		verb: verb as Verb,
		names,
		folder: values.folder ?? "certs/own",
		issuer: values.issuer,
		device: values.device,
		cloud,
		days: whole("--days", values.days, 1, MAX_DAYS),
		bits,
		pathLength: whole("--path-length", values["path-length"], 0, 9),
		as: values.as,
		ca: values.ca,
		save: values.save,
		code: values.code,
		out: values.out,
		list: values.list,
		type: values.type,
		secretFile: values["secret-file"],
		url: values.url,
		user: values.user,
		tenant: values.tenant,
		withoutCa: values["without-ca"],
		nvs: values.nvs,
		basic: values.basic,
		force: values.force,
		json: values.json,
	};
}

function parse(args: readonly string[]) {
	return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
}

function whole(name: string, value: string | undefined, min: number, max: number): number | undefined {
	if (value === undefined) return undefined;
	const number = /^\d{1,6}$/.test(value) ? Number(value) : Number.NaN;
	if (!(number >= min && number <= max))
		throw new CertsError(`${name} is a whole number from ${min} to ${max}.`);
	return number;
}

/** The one name that the verb needs. */
export function onlyName({ verb, names }: CertsOptions, what: string): string {
	if (names.length !== 1) throw new CertsError(`${verb} needs ${what}: npm run certs -- ${verb} ….`);
	return names[0] as string;
}

export function needed(value: string | undefined, option: string, verb: string): string {
	if (value === undefined) throw new CertsError(`${verb} needs ${option}; --help explains it.`);
	return value;
}
