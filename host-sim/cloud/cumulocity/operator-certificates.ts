// The operator's side of trusted certificates.
import { HttpError, objectBody, type Route } from "../http.js";
import { collectionPage } from "./operator-page.js";
import type { Tenant } from "./tenant.js";
import type { TrustedCertificate } from "./trusted-certificates.js";

const refused = (words: string): HttpError => new HttpError(422, "tenant/Validation error", words);
const absent = (words: string): HttpError => new HttpError(404, "tenant/Not Found", words);

function text(body: Record<string, unknown>, name: string): string {
	const value = body[name];
	if (typeof value === "string" && value !== "") return value;
	throw refused(`${name} is missing or no text`);
}

function enabledOf(status: unknown): boolean {
	if (status !== "ENABLED" && status !== "DISABLED") throw refused("status is ENABLED or DISABLED");
	return status === "ENABLED";
}

/** The platform's own documentation has it in quotes. */
function flagOf(value: unknown): boolean {
	const text = String(value);
	if (text !== "true" && text !== "false") throw refused("autoRegistrationEnabled is true or false");
	return text === "true";
}

function show({
	fingerprint,
	name,
	pem,
	certificate,
	enabled,
	autoRegistration,
}: TrustedCertificate): object {
	return {
		...{ fingerprint, name, status: enabled ? "ENABLED" : "DISABLED" },
		autoRegistrationEnabled: autoRegistration,
		...{ subject: certificate.subject, issuer: certificate.issuer, serialNumber: certificate.serialNumber },
		notBefore: new Date(certificate.validFrom).toISOString(),
		notAfter: new Date(certificate.validTo).toISOString(),
		certInPemFormat: pem,
	};
}

export function certificateRoutes({ id, trusted }: Tenant): Route[] {
	const here = (tenant: string | undefined): void => {
		if (tenant !== id) throw absent("there is no such tenant");
	};
	const all = /^\/tenant\/tenants\/(?<tenant>[^/]+)\/trusted-certificates$/;
	return [
		{
			method: "GET",
			path: all,
			answer: ({ params, query }) => {
				here(params.tenant);
				return collectionPage("certificates", trusted.list(), query, show);
			},
		},
		{
			method: "POST",
			path: all,
			answer: ({ params, body }) => {
				here(params.tenant);
				const fields = objectBody(body);
				const added = trusted.add({
					name: text(fields, "name"),
					pem: text(fields, "certInPemFormat"),
					enabled: enabledOf(fields.status),
					autoRegistration: flagOf(fields.autoRegistrationEnabled),
				});
				if (typeof added === "string") throw refused(added);
				return { status: 201, body: show(added) };
			},
		},
		{
			method: "PUT",
			path: /^\/tenant\/tenants\/(?<tenant>[^/]+)\/trusted-certificates\/(?<fingerprint>[0-9a-f]+)$/,
			answer: ({ params, body }) => {
				here(params.tenant);
				const authority = trusted.get(params.fingerprint ?? "");
				if (!authority) throw absent("there is no such certificate");
				const { status, autoRegistrationEnabled: flag } = objectBody(body);
				trusted.change(authority, {
					...(status !== undefined && { enabled: enabledOf(status) }),
					...(flag !== undefined && { autoRegistration: flagOf(flag) }),
				});
				return { body: show(authority) };
			},
		},
	];
}
