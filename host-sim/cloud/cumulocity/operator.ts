// The operator's side of the Cumulocity stand-in: a few of its REST resources over HTTP.
import { HttpError, objectBody, type Route } from "../http.js";
import type { Device } from "./inventory.js";
import type { Fragments, Operation } from "./operations.js";
import { certificateRoutes } from "./operator-certificates.js";
import { requestRoutes, userRoutes } from "./operator-devices.js";
import { collectionPage as page } from "./operator-page.js";
import type { Tenant } from "./tenant.js";
import { iso, showAlarm, showDevice, showEvent, showMeasurement, showOperation } from "./views.js";

/** Fragments of a new operation, out of a request body. */
function newOperation(body: unknown): { deviceId: string; fragments: Record<string, unknown> } {
	const { deviceId, description, ...fragments } = objectBody(body);
	if (typeof deviceId !== "string" || deviceId === "") {
		throw new HttpError(422, "devicecontrol/Validation error", "deviceId is missing");
	}
	for (const reserved of ["id", "status", "creationTime", "failureReason"]) delete fragments[reserved];
	if (Object.keys(fragments).length === 0) {
		throw new HttpError(422, "devicecontrol/Validation error", "an operation needs a fragment");
	}
	return { deviceId, fragments };
}

/** The one fragment of a device that an operator can change here: the required interval, minutes. */
function responseInterval(body: unknown): number {
	const { c8y_RequiredAvailability: fragment, ...others } = objectBody(body);
	const { responseInterval: minutes } = objectBody(fragment ?? {});
	if (Object.keys(others).length > 0 || !Number.isInteger(minutes))
		throw new HttpError(
			422,
			"inventory/Validation error",
			'only {"c8y_RequiredAvailability":{"responseInterval":<minutes>}} can be changed',
		);
	return minutes as number;
}

/** What the operator sees and does. */
export interface Operated {
	readonly tenant: Tenant;
	/** Creates an operation, and sends it when the device is there to take it. */
	createOperation(device: string, fragments: Fragments): Operation;
}

export function operatorRoutes(cloud: Operated): Route[] {
	const { tenant } = cloud;
	const show = (device: Device): object => showDevice(device, tenant.inventory);
	const ofSource = <Item extends { device: string }>(
		items: readonly Item[],
		query: URLSearchParams,
	): Item[] => {
		const wanted = query.get("source");
		return items.filter(({ device }) => wanted === null || device === wanted);
	};
	return [
		...requestRoutes(tenant),
		...userRoutes(tenant),
		...certificateRoutes(tenant),
		{
			method: "GET",
			path: /^\/inventory\/managedObjects$/,
			answer: ({ query }) => {
				tenant.availability.check();
				return page("managedObjects", [...tenant.inventory.devices.values()], query, show);
			},
		},
		{
			method: "PUT",
			path: /^\/inventory\/managedObjects\/(?<id>[^/]+)$/,
			answer: ({ params, body }) => {
				const device = tenant.inventory.devices.get(params.id ?? "");
				if (!device) throw new HttpError(404, "inventory/Not Found", "there is no such device");
				device.requiredAvailability = responseInterval(body);
				tenant.availability.check();
				return { body: show(device) };
			},
		},
		{
			method: "GET",
			path: /^\/measurement\/measurements$/,
			answer: ({ query }) =>
				page("measurements", ofSource(tenant.measurements, query), query, showMeasurement),
		},
		{
			method: "GET",
			path: /^\/notification\/realtime$/,
			answer: ({ query }) =>
				page("notifications", ofSource(tenant.notifications, query), query, ({ at, ...rest }) => ({
					...rest,
					time: iso(at),
				})),
		},
		{
			method: "GET",
			path: /^\/event\/events$/,
			answer: ({ query }) => page("events", ofSource(tenant.inventory.events, query), query, showEvent),
		},
		{
			method: "GET",
			path: /^\/alarm\/alarms$/,
			answer: ({ query }) => {
				tenant.availability.check();
				return page("alarms", ofSource(tenant.inventory.alarms, query), query, showAlarm);
			},
		},
		{
			method: "GET",
			path: /^\/devicecontrol\/operations$/,
			answer: ({ query }) => {
				const filter = { deviceId: query.get("deviceId"), status: query.get("status") };
				return page("operations", tenant.operations.select(filter), query, showOperation);
			},
		},
		{
			method: "GET",
			path: /^\/devicecontrol\/operations\/(?<id>[^/]+)$/,
			answer: ({ params }) => {
				const operation = tenant.operations.get(params.id ?? "");
				if (!operation) throw new HttpError(404, "devicecontrol/Not Found", "there is no such operation");
				return { body: showOperation(operation) };
			},
		},
		{
			method: "POST",
			path: /^\/devicecontrol\/operations$/,
			answer: ({ body }) => {
				const { deviceId, fragments } = newOperation(body);
				if (!tenant.inventory.devices.has(deviceId)) {
					throw new HttpError(422, "devicecontrol/Validation error", `there is no device ${deviceId}`);
				}
				return { status: 201, body: showOperation(cloud.createOperation(deviceId, fragments)) };
			},
		},
	];
}
