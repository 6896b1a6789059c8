// CONNECT as all clouds use it here: credentials from the settings; a clean session unless the cloud asks for
// more.

import type { ConnectOptions, Will } from "../mqtt/encode.js";
import { mqttText } from "../mqtt/topic.js";
import type { SharedSettings } from "./shared-settings.js";
import { utf8 } from "./text.js";

export function connectOptions(
	settings: SharedSettings,
	clientId: string,
	will: Will | undefined,
	cleanSession = true,
): ConnectOptions {
	const { broker } = settings;
	return {
		clientId: mqttText(clientId, "device.id"),
		cleanSession,
		keepAlive: broker.keepAlive,
		will,
		username: broker.username === "" ? undefined : mqttText(broker.username, "broker.username"),
		password: broker.username === "" || broker.password === "" ? undefined : utf8(broker.password),
	};
}
