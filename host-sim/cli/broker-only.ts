// `npm start -- --broker-only`: the embedded broker and the stand-in, and how to reach them with a client of
// one's own or with this firmware in Moddable's simulator.

import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { writeBoardFolder } from "../../certs/library/board.js";
import type { EmbeddedCloud } from "../cloud/embedded-cloud.js";
import { DEFAULT_LOGIN } from "../cloud/sap/login.js";
import { startTimeServer } from "../cloud/time-server.js";
import type { ResolvedOptions } from "./options.js";
import { startCloud } from "./run.js";
import type { View } from "./view.js";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

export async function serveCloud(options: ResolvedOptions, view: View): Promise<number> {
	const cloud = await startCloud(options);
	const identity = await cloud.device(options.device);
	const time = await startTimeServer();
	const sntp = `127.0.0.1:${time.address().port}`;
	const short = (path: string) => relative(ROOT, path) || path;
	const ca = `${short(cloud.identities.folder)}/ca.pem`;
	const clientId = options.cloud === "cumulocity" ? `d:${options.device}` : options.device;
	const keys = `--cafile ${ca} --cert ${short(identity.files.cert)} --key ${short(identity.files.key)}`;
	// In Cumulocity a device exists from its first message on, and cannot subscribe before.
	const create = `  mosquitto_pub -h localhost -p ${cloud.port} ${keys} \\\n    -i ${clientId} -q 1 -t s/us -m 100,Mote,mote`;
	view.started({
		cloud: options.cloud,
		device: options.device,
		broker: cloud.brokerUrl,
		operator: cloud.operatorUrl,
		ca: join(cloud.identities.folder, "ca.pem"),
		cert: identity.files.cert,
		key: identity.files.key,
	});
	const { user, password } = DEFAULT_LOGIN;
	// Who follows SAP's tutorials makes devices of their own.
	const login = `login     user ${user}, password ${password}, to make devices and certificates`;
	view.say(
		[
			`broker    ${cloud.brokerUrl}   TLS with a client certificate`,
			...(cloud.webSocketUrl === undefined ? [] : [webSocket(cloud.webSocketUrl, cloud)]),
			`operator  ${cloud.operatorUrl} (open to every user of this machine)`,
			...(options.cloud === "sap" ? [login] : []),
			`client id ${clientId}`,
			`CA        ${ca}`,
			`identity  ${short(identity.files.cert)}, ${short(identity.files.key)} (DER for a board beside them)`,
			"",
			"For example, with Mosquitto's clients:",
			...(options.cloud === "cumulocity" ? [create, ""] : []),
			`  mosquitto_sub -h localhost -p ${cloud.port} ${keys} \\`,
			`    -i ${clientId} -q 1 -t ${cloud.standIn.commandTopic(options.device)}`,
			"",
			"This firmware in Moddable's simulator (the SDK's mcconfig must be on the PATH):",
			`  npm run build:sim -- ${short(await writeSimulatorManifest(options, cloud, sntp))}`,
			"  $MODDABLE/build/bin/lin/release/mcsim host-sim/mcsim/panel $MODDABLE/build/bin/lin/mc/debug/mote/mc.so",
			"",
		].join("\n"),
	);
	cloud.onEvent = (event) => {
		if (event.kind === "publish") view.received(event.topic, event.payload);
		else if (event.kind === "sent")
			view.info(`to ${event.device}: ${event.topic} ${event.payload.trimEnd()}`);
		else if (event.kind === "refused") view.warn(`refused ${event.clientId || "a client"}: ${event.reason}`);
		else if (event.kind === "connected" || event.kind === "disconnected")
			view.info(`${event.device} ${event.kind}`);
	};
	await new Promise<void>((resolve) => {
		process.once("SIGINT", resolve);
		process.once("SIGTERM", resolve);
	});
	time.close();
	await cloud.close();
	return 0;
}

/**
 * A manifest that builds the firmware with this broker's address and this device's identity; returns its
 * path.
 */
async function writeSimulatorManifest(
	options: ResolvedOptions,
	cloud: EmbeddedCloud,
	sntp: string,
): Promise<string> {
	const identity = await cloud.device(options.device);
	const folder = join(cloud.identities.folder, "sim");
	const keys = { ca: cloud.identities.ca.der, chain: [identity.certDer], key: identity.keyDer };
	await writeBoardFolder(folder, keys, {
		include: [relative(folder, join(ROOT, "manifest.json"))],
		config: {
			mote: {
				device: { id: options.device, cloud: options.cloud },
				broker: { host: "127.0.0.1", serverName: "localhost", port: cloud.port },
				network: { ssid: "simulated", sntp, sntp2: sntp },
			},
		},
	});
	return join(folder, "manifest.json");
}

/** Users are made on the operator's side. */
function webSocket(url: string, { cumulocity }: EmbeddedCloud): string {
	return `WebSocket ${url}   with user and password (POST /user/${cumulocity.tenant.id}/users makes one)`;
}
