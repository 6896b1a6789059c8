// Devices that an operator has announced and that fetch their credentials: WAITING_FOR_CONNECTION until the
// device comes, PENDING_ACCEPTANCE until the operator agrees, then ACCEPTED. An accepted request stays until
// the device has connected with what it was given, so that an answer that was lost can be asked for again.
import { randomBytes } from "node:crypto";
import type { ReportEvent } from "../events.js";
import type { DeviceUsers } from "./users.js";

export type RequestStatus = "WAITING_FOR_CONNECTION" | "PENDING_ACCEPTANCE" | "ACCEPTED";

export interface DeviceRequest {
	readonly id: string;
	/** ms since 1970. */
	readonly creationTime: number;
	status: RequestStatus;
}

export interface Credentials {
	readonly user: string;
	readonly password: string;
}

/** Bound of the list. */
const MOST = 1000;
const PASSWORD_BYTES = 24;

export const randomPassword = (): string => randomBytes(PASSWORD_BYTES).toString("base64url");

export class DeviceRequests {
	readonly #requests = new Map<string, DeviceRequest>();
	readonly #given = new Map<string, Credentials>();
	readonly #users: DeviceUsers;
	readonly #report: ReportEvent;

	constructor(users: DeviceUsers, report: ReportEvent) {
		this.#users = users;
		this.#report = report;
	}

	list(): DeviceRequest[] {
		return [...this.#requests.values()];
	}

	get(id: string): DeviceRequest | undefined {
		return this.#requests.get(id);
	}

	/** Announces a device; undefined when it is announced already, or too many are. */
	add(id: string): DeviceRequest | undefined {
		if (this.#requests.has(id) || this.#requests.size >= MOST) return undefined;
		const request: DeviceRequest = { id, creationTime: Date.now(), status: "WAITING_FOR_CONNECTION" };
		this.#requests.set(id, request);
		this.#report({ kind: "registration", device: id, status: request.status });
		return request;
	}

	/** The device has come and asked. False: it is not announced. */
	ask(id: string): boolean {
		const request = this.#requests.get(id);
		if (request?.status === "WAITING_FOR_CONNECTION") this.#move(request, "PENDING_ACCEPTANCE");
		return request !== undefined;
	}

	/** The operator agrees. False: the device has not come yet, or the request is accepted already. */
	accept(id: string): boolean {
		const request = this.#requests.get(id);
		if (request?.status !== "PENDING_ACCEPTANCE") return false;
		this.#move(request, "ACCEPTED");
		return true;
	}

	/** What an accepted device is given: a user of its own, the same each time. */
	credentials(id: string, makePassword: () => string): Credentials | undefined {
		if (this.#requests.get(id)?.status !== "ACCEPTED") return undefined;
		const given = this.#given.get(id) ?? { user: `device_${id}`, password: makePassword() };
		if (!this.#given.has(id)) {
			if (!this.#users.put({ name: given.user, password: given.password, device: id })) return undefined;
			this.#given.set(id, given);
		}
		return given;
	}

	/** The device has connected as this user: its request is done with. */
	used(id: string, user: string): void {
		if (this.#given.get(id)?.user === user) this.remove(id);
	}

	remove(id: string): boolean {
		this.#given.delete(id);
		const known = this.#requests.delete(id);
		if (known) this.#report({ kind: "registration", device: id, status: "" });
		return known;
	}

	#move(request: DeviceRequest, status: RequestStatus): void {
		request.status = status;
		this.#report({ kind: "registration", device: request.id, status });
	}
}
