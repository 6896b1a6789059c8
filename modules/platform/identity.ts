// Certificates and key, DER: ca.der (who may have signed the server), client.der with its issuers client1.der
// … and client.pk8 (unencrypted PKCS#8, RSA) for mutual TLS. They are resources that the manifest's `data`
// put into the image or, so that boards with the same image can have identities of their own, bytes in the
// store; there a dash stands for the dot.

import Resource from "Resource";
import Preference from "preference";

/** As PreferenceStore's. */
const DOMAIN = "mote";

export interface Identity {
	readonly ca: ArrayBuffer | undefined;
	/** Leaf first; empty: none. */
	readonly chain: ArrayBuffer[];
	readonly key: ArrayBuffer | undefined;
}

type Source = (name: string) => ArrayBuffer | undefined;

/**
 * The CA of the store, else of the image; certificate, issuers and key, if they are wanted, all from one of
 * them.
 */
export function identity(client: boolean): Identity {
	const ca = stored("ca.der") ?? resource("ca.der");
	if (!client) return { ca, chain: [], key: undefined };
	const source = stored("client.der") ? stored : resource;
	return { ca, chain: clientChain(source), key: source("client.pk8") };
}

function clientChain(source: Source): ArrayBuffer[] {
	const chain: ArrayBuffer[] = [];
	for (let i = 0; ; i++) {
		const certificate = source(i === 0 ? "client.der" : `client${i}.der`);
		if (certificate === undefined) return chain;
		chain.push(certificate);
	}
}

function resource(name: string): ArrayBuffer | undefined {
	if (!Resource.exists(name)) return undefined;
	// The resource itself is a buffer, in flash on a board: `slice` would copy it into RAM.
	return new Resource(name) as unknown as ArrayBuffer;
}

function stored(name: string): ArrayBuffer | undefined {
	// The simulator's own `preference` knows no bytes.
	const value: unknown = Preference.get(DOMAIN, name.replace(".", "-"));
	return value instanceof ArrayBuffer ? value : undefined;
}
