// The MQTT client identifier of Cumulocity: [connectionType:]deviceIdentifier[:defaultTemplate].

/** The device identifier inside a client identifier; undefined when the form is wrong. */
export function deviceIdentifier(clientId: string): string | undefined {
	const parts = clientId.split(":");
	if (parts.some((part) => part === "")) return undefined;
	if (parts.length === 1) return parts[0];
	if (parts.length <= 3 && parts[0] === "d") return parts[1];
	// Older cheat sheets also show deviceIdentifier:template, without the connection type.
	return parts.length === 2 ? parts[0] : undefined;
}

/** The default template collection inside a client identifier, if it names one. */
export function defaultTemplate(clientId: string): string | undefined {
	const parts = clientId.split(":");
	return parts[0] === "d" ? parts[2] : parts[1];
}
