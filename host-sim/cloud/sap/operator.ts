// The operator's side of the SAP IoT stand-in: its management REST interface.
import { HttpError, type Route } from "../http.js";
import { deviceRoutes } from "./device-routes.js";
import { measureRoutes } from "./measure-routes.js";
import { ModelError } from "./model-error.js";
import { modelRoutes } from "./model-routes.js";
import type { Operated } from "./operated.js";

export function operatorRoutes(cloud: Operated): Route[] {
	return [...modelRoutes(cloud), ...deviceRoutes(cloud), ...measureRoutes(cloud)].map(inWords);
}

/** What does not fit the model is the operator's mistake, and is answered so. */
function inWords(route: Route): Route {
	return {
		...route,
		async answer(request) {
			try {
				return await route.answer(request);
			} catch (error) {
				if (!(error instanceof ModelError)) throw error;
				const kind = error.status === 409 ? "conflict" : "badRequest";
				throw new HttpError(error.status, kind, error.message);
			}
		},
	};
}
