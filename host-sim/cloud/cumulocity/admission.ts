// Who may connect to a Cumulocity tenant: a device with its certificate, a device with its user and password,
// and whoever has the bootstrap user's password, to fetch credentials.
import type { X509Certificate } from "node:crypto";
import type { Admission, ConnectRequest } from "../stand-in.js";
import { deviceIdentifier } from "./client-id.js";
import type { Tenant } from "./tenant.js";

const CODE = { protocol: 1, identifier: 2, wrongPassword: 4, notAuthorized: 5 };
/** A client identifier from this length on is refused on MQTT 3.1. */
const LONG_CLIENT_ID = 24;
export const BOOTSTRAP_USER = "management/devicebootstrap";

const refuse = (words: string, code = CODE.notAuthorized): Admission => ({ refuse: words, code });

/** Whether this client is here for credentials only. A certificate is stronger than a user. */
export function isBootstrap({ certificate, username }: ConnectRequest): boolean {
	return !certificate && username === BOOTSTRAP_USER;
}

/** The user's name in a username of this tenant, "<tenant id>/<user>". */
export function userOf(tenantId: string, username: string): string | undefined {
	const front = `${tenantId}/`;
	return username.startsWith(front) && username.length > front.length
		? username.slice(front.length)
		: undefined;
}

export function admit(request: ConnectRequest, tenant: Tenant, bootstrapPassword: string): Admission {
	const { clientId, protocolLevel, cleanSession } = request;
	if (protocolLevel !== 3 && protocolLevel !== 4)
		return refuse(`protocol level ${protocolLevel}`, CODE.protocol);
	if (clientId === "") return refuse("empty client identifier", CODE.identifier);
	const device = deviceIdentifier(clientId);
	if (device === undefined) return refuse("malformed client identifier");
	const stranger = request.certificate
		? certificateRefusal(request.certificate, request.commonName, device, tenant)
		: passwordRefusal(request, device, tenant, bootstrapPassword);
	if (stranger) return stranger;
	if (protocolLevel === 3 && clientId.length >= LONG_CLIENT_ID) {
		return refuse("client identifier too long for MQTT 3.1");
	}
	if (cleanSession) return { device };
	return { device, warning: "clean session 0: nothing is kept, use 1" };
}

function certificateRefusal(
	certificate: X509Certificate,
	commonName: string,
	device: string,
	{ trusted, users }: Tenant,
): Admission | undefined {
	if (device !== commonName) return refuse("certificate name is not the device identifier");
	// The authority of the identities is not uploaded, and registers whoever comes.
	const registers = trusted.above(certificate)?.autoRegistration ?? true;
	if (registers || users.get(`device_${device}`)?.enabled) return undefined;
	return refuse("nobody has registered the device, and its authority does not do so");
}

function passwordRefusal(
	request: ConnectRequest,
	device: string,
	tenant: Tenant,
	bootstrapPassword: string,
): Admission | undefined {
	const { username, password } = request;
	if (username === "") return refuse("neither a certificate nor a user");
	if (password === "") return refuse("empty password");
	if (isBootstrap(request)) {
		return password === bootstrapPassword
			? undefined
			: refuse("wrong bootstrap password", CODE.wrongPassword);
	}
	const name = userOf(tenant.id, username);
	const user = name === undefined ? undefined : tenant.users.admit(name, password);
	// Which of them it is stays unsaid, as on the platform.
	if (!user) return refuse("wrong tenant, user or password, or a disabled user", CODE.wrongPassword);
	if (user.device !== undefined && user.device !== device) return refuse("the user is another device's");
	return undefined;
}
