// The operator's side of the SAP IoT stand-in: its management REST interface, read access and commands.
import { HttpError, type HttpRequest, objectBody, queryNumber, type Route } from "../http.js";
import { ModelError } from "./measures.js";
import {
	type Capability,
	type DeviceModel,
	MQTT_GATEWAY,
	type SapDevice,
	SENSOR_TYPE_ALTERNATE_ID,
	type Sensor,
} from "./model.js";

export interface StoredSample {
	device: string;
	sensorAlternateId: string;
	capability: Capability;
	time: number;
	arrived: number;
	measure: Record<string, unknown>;
}

/** What the operator sees and does. */
export interface Operated {
	readonly model: DeviceModel;
	readonly samples: readonly StoredSample[];
	isOnline(device: string): boolean;
	sendToDevice(
		device: SapDevice,
		sensor: Sensor,
		capability: Capability,
		command: Record<string, unknown>,
	): unknown;
}

/** Later installations put an instance before the path and the tenant after it. */
const BASE = "^(?:/[^/]+)?/iot/core/api/v1(?:/tenant/[^/]+)?";
const PAGE = 100;
const PAGE_MAX = 1000;
const REST_GATEWAY = "3";

const path = (rest: string): RegExp => new RegExp(`${BASE}${rest}$`);
const text = (value: unknown): string => (typeof value === "string" ? value : "");

function showCapability({ id, name, alternateId, properties }: Capability): object {
	const formatter = { scale: 0, shift: 0, swap: false };
	const shown = properties.map((property) =>
		property.unitOfMeasure ? { ...property, formatter } : property,
	);
	return { id, name, alternateId, properties: shown };
}

function showSample({ capability, sensorAlternateId, time, measure }: StoredSample): object {
	const { alternateId: capabilityAlternateId, id: capabilityId } = capability;
	return {
		sensorAlternateId,
		capabilityAlternateId,
		capabilityId,
		timestamp: new Date(time).toISOString(),
		measure,
	};
}

/** skip, top, and a filter of the single form "field eq 'value'". */
function list<Item extends object>(items: readonly Item[], query: URLSearchParams): Item[] {
	const filter = query.get("filter");
	let selected = [...items];
	if (filter !== null) {
		const [, field, wanted] = /^(\w+) eq '([^']*)'$/.exec(filter) ?? [];
		if (field === undefined) throw new HttpError(400, "badRequest", "the filter has to be: field eq 'value'");
		selected = selected.filter((item) => (item as Record<string, unknown>)[field] === wanted);
	}
	const skip = queryNumber(query, "skip", 0, Number.MAX_SAFE_INTEGER);
	return selected.slice(skip, skip + queryNumber(query, "top", PAGE, PAGE_MAX));
}

export function operatorRoutes(cloud: Operated): Route[] {
	const { model } = cloud;
	const started = Date.now();

	const deviceOf = ({ params }: HttpRequest): SapDevice => {
		const device = model.deviceById(params.id ?? "");
		if (!device) throw new HttpError(404, "notFound", `there is no device ${params.id}`);
		return device;
	};
	const showDevice = (device: SapDevice): object => ({
		id: device.id,
		gatewayId: MQTT_GATEWAY,
		name: device.alternateId,
		alternateId: device.alternateId,
		creationTimestamp: device.creationTimestamp,
		status: "fullyFunctional",
		online: cloud.isOnline(device.alternateId),
		sensors: device.sensors,
		authentications: [{ type: "clientCertificate" }],
	});
	const gateway = (id: string, protocol: string): object => ({
		id,
		name: `IoT Gateway ${protocol.toUpperCase()}`,
		protocolId: protocol,
		status: "online",
		type: "cloud",
		creationTimestamp: started,
	});
	const command = (request: HttpRequest): object => {
		const device = deviceOf(request);
		const body = objectBody(request.body);
		const sensor = device.sensors.find(({ id }) => id === text(body.sensorId));
		if (!sensor) throw new HttpError(400, "badRequest", "sensorId is not a sensor of this device");
		const capability = model.capabilities.find(
			({ id, use }) => id === text(body.capabilityId) && use === "command",
		);
		if (!capability) throw new HttpError(400, "badRequest", "capabilityId is not a command capability");
		try {
			cloud.sendToDevice(device, sensor, capability, objectBody(body.command));
		} catch (error) {
			if (error instanceof ModelError) throw new HttpError(400, "badRequest", error.message);
			throw error;
		}
		return { message: "Command issued successfully." };
	};
	const measures = (request: HttpRequest): object[] => {
		const { alternateId } = deviceOf(request);
		const orderBy = request.query.get("orderby") ?? "timestamp asc";
		const order = /^timestamp( asc| desc)?$/.exec(orderBy);
		if (!order) throw new HttpError(400, "badRequest", "orderby has to be: timestamp asc or timestamp desc");
		const own = cloud.samples.filter(({ device }) => device === alternateId);
		own.sort((a, b) => (order[1] === " desc" ? b.time - a.time : a.time - b.time));
		return list(own.map(showSample), request.query);
	};
	const sensorType = (): object => ({
		id: model.sensorTypeId,
		alternateId: SENSOR_TYPE_ALTERNATE_ID,
		name: "Mote",
		capabilities: model.capabilities.map(({ id, use }) => ({ id, type: use })),
	});
	const collection = (name: string, items: () => readonly object[]): Route => ({
		method: "GET",
		path: path(`/${name}`),
		answer: ({ query }) => ({ body: list(items(), query) }),
	});
	return [
		collection("devices", () => [...model.devices.values()].map(showDevice)),
		collection("sensors", () => model.sensors),
		collection("sensorTypes", () => [sensorType()]),
		collection("capabilities", () => model.capabilities.map(showCapability)),
		collection("gateways", () => [gateway(MQTT_GATEWAY, "mqtt"), gateway(REST_GATEWAY, "rest")]),
		{
			method: "GET",
			path: path("/devices/(?<id>[^/]+)"),
			answer: (request) => ({ body: showDevice(deviceOf(request)) }),
		},
		{
			method: "GET",
			path: path("/devices/(?<id>[^/]+)/measures"),
			answer: (request) => ({ body: measures(request) }),
		},
		{
			method: "POST",
			path: path("/devices/(?<id>[^/]+)/commands"),
			answer: (request) => ({ body: command(request) }),
		},
	];
}
