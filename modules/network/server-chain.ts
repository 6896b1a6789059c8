// Whether a server's certificates prove that it is who it says (RFC 5280, 6.1, as far as a device needs it):
// from the server's own certificate, each signed by the next, up to one that an authority we trust has
// signed. What is wrong is said in words.
//
// First the chain is linked by names, which costs nothing; then it is verified from the trusted end
// downwards, so that each signature is checked with a key that is trusted by then, and nothing is ever
// reckoned with a stranger's.
//
// The SDK's own check (8.2.3) goes on when a link is broken and is content if the last certificate is the
// authority's, so that anybody's certificate in front of the authority's public one passes; and it takes any
// certificate for an issuer.

/** What is known of one certificate; Certificate reads it. */
export interface ServerCertificate {
	/** What makes it useless, or "". */
	readonly fault: string;
	/** Whether it is for the server's name; and a few of the names it is for. */
	readonly matches: boolean;
	readonly shown: string;
	/** Validity, ms since 1970. */
	readonly from: number;
	readonly to: number;
	/** How it was signed; 0: in a way that is broken, or not taken. */
	readonly signature: number;
	/** May be a server's (extendedKeyUsage, keyUsage). */
	readonly server: boolean;
	/** May sign certificates (basicConstraints, keyUsage). */
	readonly authority: boolean;
	/** Most authorities between this one and the server's certificate; Infinity: no limit. */
	readonly pathLength: number;
	/** Limits the names that those below it may have (nameConstraints). */
	readonly limited: boolean;
}

export interface Chain {
	readonly length: number;
	/** Whether the one authority that we trust is our ca.der; otherwise those that come with the SDK are. */
	readonly ownAuthority: boolean;
	/** File of an authority that the SDK knows and `anchor` looked for, but that is not in the image, or "". */
	readonly missing: string;
	/** The certificate at a place; the server's own is at 0. */
	certificate(at: number): ServerCertificate;
	/** Whether the one behind it has the name of its issuer. */
	linked(at: number): boolean;
	/** The authority that we trust, if it has the name of its issuer. */
	anchor(at: number): ServerCertificate | undefined;
	/** Whether the one behind it, or the authority that we trust, has signed it. */
	signed(at: number): boolean;
	anchored(at: number): boolean;
}

/** Longest chain that is looked at. */
const MAX_CHAIN = 6;

/** What is wrong, or "". `serverName`: what the certificate was looked through for; `now`: ms since 1970. */
export function chainFault(chain: Chain, serverName: string, now: number): string {
	if (chain.length === 0) return "the server sent no certificate";
	if (serverName === "") return "broker.serverName is empty: no certificate can be for it";
	let at = 0;
	let anchor: ServerCertificate | undefined;
	for (; at < chain.length; at++) {
		if (at === MAX_CHAIN) return "the server sent more certificates than we look at";
		const fault = certificateFault(chain.certificate(at), at, serverName, now);
		if (fault !== "") return fault;
		anchor = chain.anchor(at);
		if (anchor) break;
		if (at + 1 < chain.length && !chain.linked(at)) return broken(at);
	}
	const ours = chain.ownAuthority;
	if (!anchor) return chain.missing === "" ? stranger(chain.length, ours) : missing(chain.missing);
	const trusted = ours ? "our ca.der" : "the SDK's authority";
	const fault = anchorFault(anchor, now);
	if (fault !== "") return `${trusted} ${fault}`;
	if (at > anchor.pathLength) return `${trusted} may not have so many authorities below it`;
	if (!chain.anchored(at))
		return at === 0
			? `the server's certificate is not signed by ${trusted}`
			: `the server's certificate is signed by an authority that is not ${trusted}`;
	while (--at >= 0) if (!chain.signed(at)) return broken(at);
	return "";
}

/** No certificate of the chain names an authority that we trust. */
function stranger(length: number, ours: boolean): string {
	const alone = length === 1 ? ", or the server does not send its issuer along" : "";
	if (!ours)
		return `the server's certificate is signed by none of the SDK's authorities${alone}; there is no ca.der`;
	return length === 1
		? `the server's certificate is not signed by our ca.der${alone}`
		: "the server's certificate is signed by an authority that is not our ca.der";
}

function missing(file: string): string {
	return `the authority of the server's certificate is ${file} of the SDK, which is not in the image: name it in the manifest`;
}

function broken(at: number): string {
	return `${named(at)} is not signed by the one that the server sent after it`;
}

/** The limits of an authority count also where it is the trusted one. */
function anchorFault(
	{ fault, from, to, authority, server, limited }: ServerCertificate,
	now: number,
): string {
	if (fault !== "") return fault;
	if (!(from <= now && now <= to))
		return `is valid from ${moment(from)} to ${moment(to)}, and our clock says ${moment(now)}`;
	if (!authority) return "is not an authority's certificate";
	if (!server) return "is not for signing servers";
	return limited ? "limits the names it may sign for, which is not checked here" : "";
}

function certificateFault(
	certificate: ServerCertificate,
	at: number,
	serverName: string,
	now: number,
): string {
	const { fault, matches, shown, from, to, signature, server, authority, pathLength, limited } = certificate;
	if (fault !== "") return `${named(at)} ${fault}`;
	if (now < from) return `${named(at)} is valid from ${moment(from)}, and our clock says ${moment(now)}`;
	if (now > to) return `${named(at)} expired at ${moment(to)}, and our clock says ${moment(now)}`;
	// An undefined date compares as neither.
	if (!(from <= now && now <= to)) return `${named(at)} has no dates that can be read`;
	if (signature === 0) return `${named(at)} is signed with a digest that is broken`;
	if (at > 0) {
		if (!authority) return `${named(at)} may not sign others`;
		if (!server) return `${named(at)} may not sign servers`;
		// What is not understood must not be passed over (RFC 5280, 4.2).
		if (limited) return `${named(at)} limits the names it may sign for, which is not checked here`;
		return at - 1 > pathLength ? `${named(at)} may not have so many authorities below it` : "";
	}
	if (!server) return "the certificate that the server sent is not one for servers";
	if (matches) return "";
	return `the server's certificate is for ${shown === "" ? "no name" : shown}, not for ${serverName}`;
}

function named(at: number): string {
	return at === 0 ? "the server's certificate" : `certificate ${at + 1} of the server`;
}

function moment(ms: number): string {
	return `${new Date(ms).toISOString().slice(0, 16)}Z`;
}
