// What TLS needs of the files on the command line, in DER: as the board has it in its resources.

import { readAuthority, readIdentity } from "../cli/identity-files.js";
import type { ClientOptions } from "./options.js";

export interface Credentials {
	/** Undefined: the authorities that Node knows. */
	readonly ca: ArrayBuffer | undefined;
	/** Leaf first; empty without an identity. */
	readonly chain: ArrayBuffer[];
	/** PKCS#8. */
	readonly key: ArrayBuffer | undefined;
}

/** Throws an OptionError. */
export async function readCredentials({ ca, cert, key }: ClientOptions): Promise<Credentials> {
	const identity = cert === undefined || key === undefined ? undefined : await readIdentity(cert, key);
	return {
		ca: ca === undefined ? undefined : der((await readAuthority(ca)).raw),
		chain: identity?.certificates.map(({ raw }) => der(raw)) ?? [],
		key: identity && der(identity.key.export({ type: "pkcs8", format: "der" })),
	};
}

/** A buffer of its own: Node's may be part of a larger one. */
const der = (bytes: Uint8Array): ArrayBuffer => Uint8Array.from(bytes).buffer;
