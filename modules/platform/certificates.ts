// Certificates and key as DER resources, put into the image by the manifest's `data`:
// ca.der (who may have signed the server), client.der with its issuers client1.der … and client.pk8
// (unencrypted PKCS#8, RSA) for mutual TLS.

import Resource from "Resource";

/** The bytes of a resource, or undefined if the image has none of that name. */
export function resource(name: string): ArrayBuffer | undefined {
	if (!Resource.exists(name)) return undefined;
	return new Resource(name).slice(0);
}

/** The client's certificate chain, leaf first: client.der, client1.der, client2.der …, as far as there are. */
export function clientChain(): ArrayBuffer[] {
	const chain: ArrayBuffer[] = [];
	for (let i = 0; ; i++) {
		const certificate = resource(i === 0 ? "client.der" : `client${i}.der`);
		if (certificate === undefined) return chain;
		chain.push(certificate);
	}
}
