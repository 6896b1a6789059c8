// Capabilities, sensor types, sensors and gateways: made, listed, and shown one by one.
import type { Route } from "../http.js";
import type { Capability } from "./entities.js";
import { list } from "./listing.js";
import { capabilityIn, sensorIn, sensorTypeIn } from "./made.js";
import { MQTT_GATEWAY, REST_GATEWAY } from "./model.js";
import type { Operated } from "./operated.js";
import { core, ID, named } from "./paths.js";

function showCapability({ id, name, alternateId, properties }: Capability): object {
	const formatter = { scale: 0, shift: 0, swap: false };
	const shown = properties.map((property) =>
		property.unitOfMeasure ? { ...property, formatter } : property,
	);
	return { id, name, alternateId, properties: shown };
}

export function modelRoutes({ model, login }: Operated): Route[] {
	const started = Date.now();
	const gateway = (id: string, protocol: string) => ({
		id,
		name: `IoT Gateway ${protocol.toUpperCase()}`,
		protocolId: protocol,
		status: "online",
		type: "cloud",
		creationTimestamp: started,
	});
	const gateways = [gateway(MQTT_GATEWAY, "mqtt"), gateway(REST_GATEWAY, "rest")];

	const shown = <Entity extends { id: string }>(
		name: string,
		one: string,
		entities: () => readonly Entity[],
		show: (entity: Entity) => object,
	): Route[] => [
		{
			method: "GET",
			path: core(`/${name}`),
			admit: login.checked,
			answer: ({ query }) => ({ body: list(entities().map(show), query) }),
		},
		{
			method: "GET",
			path: core(`/${name}/${ID}`),
			admit: login.checked,
			answer: (request) => {
				const find = (id: string) => entities().find((entity) => entity.id === id);
				return { body: show(named(one, request, find)) };
			},
		},
	];
	const made = (name: string, make: (body: unknown) => object): Route => ({
		method: "POST",
		path: core(`/${name}`),
		admit: login.demanded,
		answer: ({ body }) => ({ body: make(body) }),
	});
	const same = <Entity>(entity: Entity): Entity => entity;
	return [
		...shown("gateways", "gateway", () => gateways, same),
		...shown("capabilities", "capability", () => model.capabilities, showCapability),
		...shown("sensorTypes", "sensor type", () => model.sensorTypes, same),
		...shown("sensors", "sensor", () => model.sensors, same),
		made("capabilities", (body) => showCapability(model.addCapability(capabilityIn(body)))),
		made("sensorTypes", (body) => model.addSensorType(sensorTypeIn(body))),
		made("sensors", (body) => {
			const { device, type, alternateId, name } = sensorIn(body, model);
			return model.addSensor(device, type, alternateId, name);
		}),
	];
}
