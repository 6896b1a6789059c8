// Whether a server's certificates prove that it is who it says (RFC 5280, 6.1, as far as a device needs it): from the
// server's own certificate, each signed by the next, up to one that an authority we trust has signed. What is wrong is
// said in words.
//
// The SDK's own check (8.2.3) goes on when a link is broken and is content if the last certificate is the authority's, so
// that anybody's certificate in front of the authority's public one passes; and it takes any certificate for an issuer.

export interface ServerCertificate {
	/** Of subjectAltName: DNS names, which may begin with "*.", and IPv4 addresses. */
	readonly names: readonly string[];
	/** Validity, ms since 1970. */
	readonly from: number;
	readonly to: number;
	/** Signed with SHA-256 or better. */
	readonly strong: boolean;
	/** May be a server's (extendedKeyUsage). */
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
	/** The certificate at a place; the server's own is at 0. */
	certificate(at: number): ServerCertificate;
	/** Whether the one at a place was issued by the one behind it. */
	linked(at: number): boolean;
	/**
	 * Most authorities that may stand below the trusted one that issued the certificate at a place (Infinity: no limit),
	 * or -1 if none that we trust has issued it.
	 */
	trusted(at: number): number;
}

/** Names of a certificate that are told, and characters of each. */
const SHOWN_NAMES = 4;
const SHOWN_CHARACTERS = 64;
/** Longest chain that is looked at. */
const MAX_CHAIN = 6;

/** What is wrong, or "". `serverName`: a DNS name or an IPv4 address; `now`: ms since 1970. */
export function chainFault(chain: Chain, serverName: string, now: number): string {
	if (chain.length === 0) return "the server sent no certificate";
	if (serverName === "") return "broker.serverName is empty: no certificate can be for it";
	for (let at = 0; at < chain.length; at++) {
		if (at === MAX_CHAIN) return "the server sent more certificates than we look at";
		const fault = certificateFault(chain.certificate(at), at, serverName, now);
		if (fault !== "") return fault;
		const below = chain.trusted(at);
		if (below >= 0) return at > below ? "our ca.der may not have so many authorities below it" : "";
		if (at + 1 < chain.length && !chain.linked(at))
			return `${named(at)} is not signed by the one that the server sent behind it`;
	}
	return chain.length === 1
		? "the server's certificate is not signed by our ca.der, or the server does not send its issuer along"
		: "the server's certificate is signed by an authority that is not our ca.der";
}

function certificateFault(
	certificate: ServerCertificate,
	at: number,
	serverName: string,
	now: number,
): string {
	const { names, from, to, strong, server, authority, pathLength, limited } = certificate;
	if (now < from) return `${named(at)} is valid from ${moment(from)}, and our clock says ${moment(now)}`;
	if (now > to) return `${named(at)} expired at ${moment(to)}, and our clock says ${moment(now)}`;
	// An undefined date compares as neither.
	if (!(from <= now && now <= to)) return `${named(at)} has no dates that can be read`;
	if (!strong) return `${named(at)} is signed with a digest that is broken`;
	if (at > 0) {
		if (!authority) return `${named(at)} may not sign others`;
		// What is not understood must not be passed over (RFC 5280, 4.2).
		if (limited) return `${named(at)} limits the names it may sign for, which is not checked here`;
		return at - 1 > pathLength ? `${named(at)} may not have so many authorities below it` : "";
	}
	if (!server) return "the certificate that the server sent is not one for servers";
	for (const name of names) if (matches(name, serverName)) return "";
	return `the server's certificate is for ${listed(names)}, not for ${serverName}`;
}

/** A few of the names; they are a stranger's, so what is no printable ASCII is not shown, and nothing long. */
function listed(names: readonly string[]): string {
	if (names.length === 0) return "no name";
	let list = "";
	for (let i = 0; i < names.length && i < SHOWN_NAMES; i++) {
		const name = names[i] as string;
		if (i > 0) list += ", ";
		for (let at = 0; at < name.length && at < SHOWN_CHARACTERS; at++) {
			const c = name.charCodeAt(at);
			list += c > 32 && c < 127 ? name.charAt(at) : "?";
		}
	}
	return names.length > SHOWN_NAMES ? `${list} and others` : list;
}

function named(at: number): string {
	return at === 0 ? "the server's certificate" : `certificate ${at + 1} of the server`;
}

function moment(ms: number): string {
	return `${new Date(ms).toISOString().slice(0, 16)}Z`;
}

/** RFC 6125, 6.4.3: a wildcard stands for the whole first label, and for no other. */
function matches(pattern: string, serverName: string): boolean {
	const name = serverName.toLowerCase();
	const lower = pattern.toLowerCase();
	if (!lower.startsWith("*.")) return lower === name;
	if (isDigit(name.charCodeAt(name.length - 1))) return false; // an address has no labels
	const dot = name.indexOf(".");
	return (
		dot > 0 && lower.slice(1) === name.slice(dot) && lower.indexOf(".", 2) > 0 && lower.indexOf("*", 1) < 0
	);
}

function isDigit(c: number): boolean {
	return c >= 48 && c <= 57;
}
