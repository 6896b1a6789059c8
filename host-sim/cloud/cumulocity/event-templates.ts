// Static templates 400 and 401: events.
import type { Arguments } from "./arguments.js";
import type { Templates } from "./row-context.js";

/** An optional number; 0 when the column is empty. */
function optionalNumber(row: Arguments, index: number, name: string): number {
	return row.text(index) === "" ? 0 : row.number(index, name);
}

export const EVENT_TEMPLATES: Templates = {
	"400": (row, { device, intake }) => {
		const [type, text, time] = [row.mandatory(0, "type"), row.mandatory(1, "text"), row.time(2)];
		intake.event({ device, type, text, time });
	},
	"401": (row, { device, intake }) => {
		const [lat, lng] = [optionalNumber(row, 0, "latitude"), optionalNumber(row, 1, "longitude")];
		const [alt, accuracy] = [optionalNumber(row, 2, "altitude"), optionalNumber(row, 3, "accuracy")];
		const [type, text, time] = ["c8y_LocationUpdate", "Location updated", row.time(4)];
		intake.event({ device, type, text, time, position: { lat, lng, alt, accuracy } });
	},
};
