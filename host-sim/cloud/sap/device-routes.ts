// Devices, their certificates and commands to them.
import { type HttpRequest, objectBody, type Route } from "../http.js";
import type { SapDevice } from "./entities.js";
import { members, shown, textOf } from "./input.js";
import { list } from "./listing.js";
import { deviceIn } from "./made.js";
import { ModelError } from "./model-error.js";
import type { Operated } from "./operated.js";
import { core, ID, named } from "./paths.js";

export function deviceRoutes(cloud: Operated): Route[] {
	const { model, login, certificates } = cloud;

	const deviceOf = (request: HttpRequest): SapDevice =>
		named("device", request, (id) => model.deviceById(id));
	const show = ({ sensors, ...device }: SapDevice): object => ({
		...device,
		status: "fullyFunctional",
		online: cloud.isOnline(device.alternateId),
		sensors,
		authentications: [{ type: "clientCertificate" }],
	});
	const command = (request: HttpRequest): object => {
		const device = deviceOf(request);
		const body = members(request.body, "a command", ["sensorId", "capabilityId", "command"]);
		const sensorId = textOf(body.sensorId, "sensorId");
		const sensor = device.sensors.find(({ id }) => id === sensorId);
		if (!sensor) throw new ModelError(`device ${device.id} has no sensor with the id ${shown(sensorId)}`);
		const capabilityId = textOf(body.capabilityId, "capabilityId");
		const capability = model
			.capabilitiesOf(sensor.sensorTypeId, "command")
			.find(({ id }) => id === capabilityId);
		if (!capability)
			throw new ModelError(`sensor ${sensor.id} has no command with the id ${shown(capabilityId)}`);
		cloud.sendToDevice(device, sensor, capability, objectBody(body.command));
		return { message: "Command issued successfully." };
	};
	const certificate = (form: "pem" | "p12"): Route => ({
		method: "GET",
		path: core(`/devices/${ID}/authentications/clientCertificate/${form}`),
		admit: login.demanded,
		answer: async (request) => {
			const { alternateId } = deviceOf(request);
			const commonName = cloud.commonName(alternateId);
			return {
				body: await (form === "pem"
					? certificates.pem(commonName)
					: certificates.p12(commonName, alternateId)),
			};
		},
	});
	return [
		{
			method: "GET",
			path: core("/devices"),
			admit: login.checked,
			answer: ({ query }) => ({ body: list([...model.devices.values()].map(show), query) }),
		},
		{
			method: "POST",
			path: core("/devices"),
			admit: login.demanded,
			answer: ({ body }) => ({ body: show(model.addDevice(deviceIn(body))) }),
		},
		{
			method: "GET",
			path: core(`/devices/${ID}`),
			admit: login.checked,
			answer: (request) => ({ body: show(deviceOf(request)) }),
		},
		{
			method: "POST",
			path: core(`/devices/${ID}/commands`),
			admit: login.checked,
			answer: (request) => ({ body: command(request) }),
		},
		certificate("pem"),
		certificate("p12"),
	];
}
