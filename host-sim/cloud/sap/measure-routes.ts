// Measures read back: of a device by the management interface, of a capability by the message processing one.
import type { HttpRequest, Route } from "../http.js";
import { byTime, list } from "./listing.js";
import type { Operated, StoredSample } from "./operated.js";
import { core, ID, named, processing } from "./paths.js";

export function measureRoutes({ model, samples, login }: Operated): Route[] {
	const show = ({ device, sensorAlternateId, capability, time, measure }: StoredSample): object => {
		const { id: deviceId, sensors = [] } = model.devices.get(device) ?? {};
		const { id: sensorId, sensorTypeId } =
			sensors.find(({ alternateId }) => alternateId === sensorAlternateId) ?? {};
		return {
			deviceId,
			sensorId,
			sensorTypeId,
			sensorAlternateId,
			capabilityAlternateId: capability.alternateId,
			capabilityId: capability.id,
			timestamp: new Date(time).toISOString(),
			measure,
		};
	};
	const route = (path: RegExp, choose: (request: HttpRequest) => StoredSample[]): Route => ({
		method: "GET",
		path,
		admit: login.checked,
		answer: (request) => {
			const chosen = byTime(choose(request), request.query);
			return { body: list(chosen.map(show), request.query) };
		},
	});
	return [
		route(core(`/devices/${ID}/measures`), (request) => {
			const { alternateId } = named("device", request, (id) => model.deviceById(id));
			return samples.filter(({ device }) => device === alternateId);
		}),
		route(core(`/sensors/${ID}/measures`), (request) => {
			const sensor = named("sensor", request, (id) => model.sensors.find((one) => one.id === id));
			const owner = model.deviceById(sensor.deviceId)?.alternateId;
			return samples.filter(
				({ device, sensorAlternateId }) => device === owner && sensorAlternateId === sensor.alternateId,
			);
		}),
		route(processing(`/measures/capabilities/${ID}`), (request) => {
			const { id } = named("capability", request, (wanted) => model.capability(wanted));
			return samples.filter(({ capability }) => capability.id === id);
		}),
	];
}
