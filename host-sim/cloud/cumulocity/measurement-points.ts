// The series inside a measurement's fragments.
import { BAD_ARGUMENT, RowError } from "./arguments.js";
import type { NewMeasurement } from "./tenant.js";

const isObject = (value: unknown): value is Record<string, unknown> =>
	typeof value === "object" && value !== null && !Array.isArray(value);

/** {"<fragment>":{"<series>":{"value":…,"unit":…}}}; throws a RowError unless all of it is right. */
export function pointsOf(
	fragments: Record<string, unknown>,
	about: Pick<NewMeasurement, "device" | "type" | "time">,
): NewMeasurement[] {
	const points = Object.entries(fragments).flatMap(([fragment, all]) => {
		if (!isObject(all)) throw new RowError(BAD_ARGUMENT, `${fragment} has to be an object`);
		return Object.entries(all).map(([series, point]) => {
			const { value, unit = "" } = isObject(point) ? point : {};
			if (typeof value !== "number" || typeof unit !== "string") {
				throw new RowError(BAD_ARGUMENT, `${fragment}.${series} has no value that is a number`);
			}
			return { ...about, fragment, series, value, text: String(value), unit };
		});
	});
	if (points.length === 0) throw new RowError(BAD_ARGUMENT, "a measurement needs a series");
	return points;
}
