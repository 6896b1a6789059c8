// Where the interfaces of the SAP IoT service are. Later installations put an instance before the path and
// the tenant after it.
import { HttpError, type HttpRequest } from "../http.js";

const at =
	(service: string) =>
	(rest: string): RegExp =>
		new RegExp(`^(?:/[^/]+)?/iot/${service}/api/v1(?:/tenant/[^/]+)?${rest}$`);

/** Of the management interface. */
export const core = at("core");
/** Of the message processing interface. */
export const processing = at("processing");
export const ID = "(?<id>[^/]+)";

/** What the path's id names, or 404. */
export function named<Entity>(
	what: string,
	{ params }: HttpRequest,
	find: (id: string) => Entity | undefined,
): Entity {
	const { id = "" } = params;
	const found = find(id);
	if (found === undefined) throw new HttpError(404, "notFound", `there is no ${what} ${id.slice(0, 80)}`);
	return found;
}
