// All that a Cumulocity tenant remembers, in one place for the templates, the broker side and the operator.
import type { ReportEvent } from "../events.js";
import { remember } from "../history.js";
import { ValueStore } from "../values.js";
import { AvailabilityClock } from "./availability.js";
import { DeviceRequests } from "./device-requests.js";
import { Inventory } from "./inventory.js";
import { type Operation, Operations } from "./operations.js";
import { OwnTemplates } from "./own-templates.js";
import { TrustedCertificates } from "./trusted-certificates.js";
import { DeviceUsers } from "./users.js";

export interface Measurement {
	id: string;
	device: string;
	type: string;
	time: number;
	fragment: string;
	series: string;
	value: number;
	/** The number as the device wrote it. */
	text: string;
	unit: string;
	/** Position among all measurements, in order of arrival. */
	arrival: number;
	/** Which of the device's measurement-carrying PUBLISH packets brought it. */
	publish: number;
}

export type NewMeasurement = Omit<Measurement, "id" | "arrival" | "publish">;

/** What somebody would be told who follows a device in real time. */
export interface Notification {
	kind: "measurement" | "event" | "alarm";
	device: string;
	type: string;
	/** ms since 1970. */
	at: number;
}

/** "fragment.series" → the name that every embedded cloud uses for it. */
export type SeriesNames = Readonly<Record<string, string>>;

/** Those of this project's device, unless somebody says otherwise. */
const COMMON_SERIES: SeriesNames = {
	"c8y_Temperature.T": "temperature",
	"mote_Led.brightness": "led",
	"mote_Buzzer.frequency": "buzzer",
	"mote_Speed.measured": "speed",
};

/** Measurements about the node itself: no part of a sample. */
const ABOUT_ITSELF = new Set(["c8y_SignalStrength", "mote_Certificate", "mote_Node"]);

export const TENANT_ID = "t12345";

export interface TenantOptions {
	/** First part of a device user's name in CONNECT; "t12345" unless given. */
	tenantId?: string;
	/** Clock of the availability, ms since 1970. */
	now?: () => number;
	/** What series are called here, by "fragment.series"; those of the default channels unless given. */
	series?: SeriesNames;
}

export class Tenant {
	readonly id: string;
	readonly users = new DeviceUsers();
	readonly requests: DeviceRequests;
	readonly trusted = new TrustedCertificates();
	readonly ownTemplates = new OwnTemplates();
	readonly inventory = new Inventory();
	readonly measurements: Measurement[] = [];
	readonly notifications: Notification[] = [];
	readonly values: ValueStore;
	readonly availability: AvailabilityClock;
	private arrivals = 0;
	readonly operations: Operations;
	private readonly names: SeriesNames;

	constructor(report: ReportEvent, options: TenantOptions = {}) {
		const { tenantId = TENANT_ID, now = Date.now, series = COMMON_SERIES } = options;
		this.id = tenantId;
		this.names = series;
		this.requests = new DeviceRequests(this.users, report);
		this.values = new ValueStore(report);
		this.availability = new AvailabilityClock(this.inventory, report, now);
		this.operations = new Operations((operation: Operation) => {
			const { id, deviceId: device, status, fragments, failureReason: reason = "" } = operation;
			report({ kind: "operation", id, device, status, fragment: Object.keys(fragments)[0] ?? "", reason });
		});
	}

	notify(notification: Notification): void {
		remember(this.notifications, notification);
	}

	addMeasurement(measurement: NewMeasurement, publish: number): void {
		const arrival = ++this.arrivals;
		remember(this.measurements, { id: String(arrival), ...measurement, arrival, publish });
		const { device, fragment, series, value, text, unit, time } = measurement;
		const full = `${fragment}.${series}`;
		const known = Object.hasOwn(this.names, full) ? this.names[full] : undefined;
		if (known === undefined && ABOUT_ITSELF.has(fragment)) return;
		this.values.add(device, publish, { series: known ?? full, value, text, unit, time });
	}
}
