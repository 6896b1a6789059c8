// Names in certificates, and what the clouds make of them.

import type { X509Certificate } from "node:crypto";
import { CertsError } from "./errors.js";

const MAX_BYTES = 64;

/** Throws when a name cannot serve as a device's id, common name and topic level at once. */
export function checkDeviceId(id: string): void {
	const shown = JSON.stringify(id.slice(0, 80));
	if (id === "") throw new CertsError("the device's id is empty.");
	if (Buffer.byteLength(id) > MAX_BYTES)
		throw new CertsError(
			`the device's id ${shown} is longer than ${MAX_BYTES} bytes, the longest common name.`,
		);
	if (id.includes(":"))
		throw new CertsError(
			`the device's id ${shown} has a colon, which separates the parts of a client id in Cumulocity.`,
		);
	if (/[/\\+#]/.test(id))
		throw new CertsError(`the device's id ${shown} has a character that means something in topics or paths.`);
	if (/\p{Cc}/u.test(id)) throw new CertsError(`the device's id ${shown} has a control character.`);
	if (/\s/.test(id)) throw new CertsError(`the device's id ${shown} has a blank.`);
}

/** The firmware's limits for settings.device.id. */
export function checkIdLength(id: string): void {
	if (id.length > MAX_BYTES)
		throw new CertsError(`the firmware takes ids of at most ${MAX_BYTES} characters.`);
}

/** A folder name that is distinct for distinct names and never leaves the parent folder. */
export function folderName(name: string): string {
	const encoded = encodeURIComponent(name).replace(/[!'()*~]/g, (character) => {
		return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
	});
	return encoded.replace(/^\./, "%2E");
}

/** What SAP's common name says: deviceAlternateId:…|gatewayId:…|tenantId:…|instanceId:… */
export interface SapName {
	readonly alternateId: string;
	readonly gateway: string;
	readonly tenant: string;
	readonly instance: string;
}

export function sapName(commonName: string): SapName | undefined {
	const parts = new Map(
		commonName.split("|").map((part) => {
			const at = part.indexOf(":");
			return [part.slice(0, at), part.slice(at + 1)];
		}),
	);
	const alternateId = parts.get("deviceAlternateId");
	if (alternateId === undefined || alternateId === "") return undefined;
	return {
		alternateId,
		gateway: parts.get("gatewayId") ?? "?",
		tenant: parts.get("tenantId") ?? "?",
		instance: parts.get("instanceId") ?? "?",
	};
}

/** A name of a stranger's certificate as part of a line. */
export function oneLine(name: string): string {
	return name
		.replaceAll("\n", ", ")
		.replace(/\p{Cc}/gu, "?")
		.slice(0, 120);
}

/** The subject's common name; "" when there is none or more than one. */
export function commonName(certificate: X509Certificate): string {
	const subject = certificate.toLegacyObject().subject as unknown as { CN?: unknown };
	return typeof subject.CN === "string" ? subject.CN : "";
}

/** The id of the device that a certificate is for. */
export function deviceIdOf(certificate: X509Certificate): string {
	const name = commonName(certificate);
	return sapName(name)?.alternateId ?? name;
}
