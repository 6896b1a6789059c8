// The operator's side of device users and of devices that wait to be taken in.
import { HttpError, objectBody, type Route } from "../http.js";
import { deviceIdentifier } from "./client-id.js";
import type { DeviceRequest } from "./device-requests.js";
import { collectionPage } from "./operator-page.js";
import type { Tenant } from "./tenant.js";
import type { DeviceUser } from "./users.js";

const LONGEST = 256;

const refused = (words: string): HttpError => new HttpError(422, "devicecontrol/Validation error", words);
const absent = (what: string): HttpError =>
	new HttpError(404, "devicecontrol/Not Found", `there is no such ${what}`);

function field(body: Record<string, unknown>, name: string): string {
	const value = body[name];
	if (typeof value === "string" && value !== "" && value.length <= LONGEST) return value;
	throw refused(`${name} has to be a text of 1 to ${LONGEST} characters`);
}

export function requestRoutes(tenant: Tenant): Route[] {
	const { requests } = tenant;
	const show = ({ id, status, creationTime }: DeviceRequest): object => ({
		...{ id, status, tenantId: tenant.id },
		creationTime: new Date(creationTime).toISOString(),
	});
	const found = (id: string | undefined): DeviceRequest => {
		const request = requests.get(id ?? "");
		if (!request) throw absent("request");
		return request;
	};
	const one = /^\/devicecontrol\/newDeviceRequests\/(?<id>[^/]+)$/;
	const all = /^\/devicecontrol\/newDeviceRequests$/;
	return [
		{
			method: "GET",
			path: all,
			answer: ({ query }) => collectionPage("newDeviceRequests", requests.list(), query, show),
		},
		{
			method: "POST",
			path: all,
			answer: ({ body }) => {
				const id = field(objectBody(body), "id");
				if (deviceIdentifier(id) !== id) throw refused("id is no device identifier");
				const request = requests.add(id);
				if (!request) throw refused("the device is announced already, or too many are");
				return { status: 201, body: show(request) };
			},
		},
		{ method: "GET", path: one, answer: ({ params }) => ({ body: show(found(params.id)) }) },
		{
			method: "PUT",
			path: one,
			answer: ({ params, body }) => {
				const request = found(params.id);
				if (objectBody(body).status !== "ACCEPTED") throw refused('only {"status":"ACCEPTED"} can be put');
				if (!requests.accept(request.id)) {
					throw refused(`the request is ${request.status}, not PENDING_ACCEPTANCE`);
				}
				return { body: show(request) };
			},
		},
		{
			method: "DELETE",
			path: one,
			answer: ({ params }) => {
				requests.remove(found(params.id).id);
				return { status: 204, body: undefined };
			},
		},
	];
}

export function userRoutes(tenant: Tenant): Route[] {
	const { users } = tenant;
	const show = ({ name, device, enabled }: DeviceUser): object => ({
		...{ id: name, userName: name, enabled },
		...(device !== undefined && { device }),
	});
	const here = (id: string | undefined): void => {
		if (id !== tenant.id) throw absent("tenant");
	};
	const all = /^\/user\/(?<tenant>[^/]+)\/users$/;
	return [
		{
			method: "GET",
			path: all,
			answer: ({ params, query }) => {
				here(params.tenant);
				return collectionPage("users", users.list(), query, show);
			},
		},
		{
			method: "POST",
			path: all,
			answer: ({ params, body }) => {
				here(params.tenant);
				const fields = objectBody(body);
				const [name, password] = [field(fields, "userName"), field(fields, "password")];
				if (users.get(name)) throw refused("there is such a user already");
				const device = fields.device === undefined ? undefined : field(fields, "device");
				const added = users.put({ name, password, ...(device !== undefined && { device }) });
				if (!added) throw refused("the tenant has too many users");
				return { status: 201, body: show(users.get(name) as DeviceUser) };
			},
		},
		{
			method: "PUT",
			path: /^\/user\/(?<tenant>[^/]+)\/users\/(?<name>[^/]+)$/,
			answer: ({ params, body }) => {
				here(params.tenant);
				const { name = "" } = params;
				if (!users.get(name)) throw absent("user");
				const fields = objectBody(body);
				const { enabled } = fields;
				if (enabled !== undefined && typeof enabled !== "boolean") throw refused("enabled is true or false");
				const password = fields.password === undefined ? undefined : field(fields, "password");
				users.change(name, {
					...(enabled !== undefined && { enabled }),
					...(password !== undefined && { password }),
				});
				return { body: show(users.get(name) as DeviceUser) };
			},
		},
	];
}
