// Takes the rows that devices publish: static templates, own templates, and the registration of those.
import type { DeviceLink, IncomingPublish, StandInContext } from "../stand-in.js";
import type { AnswerFaults, Answers } from "./answers.js";
import { Arguments, RowError } from "./arguments.js";
import { type Delivery, ROWS_DOWN } from "./delivery.js";
import { Intake } from "./intake.js";
import { carryOutOwn } from "./own-requests.js";
import { responseRows } from "./own-responses.js";
import type { RowContext } from "./row-context.js";
import { formatRow, parseRows, type Row } from "./rows.js";
import { carryOut } from "./templates.js";
import type { Tenant } from "./tenant.js";
import { parseUpTopic, registeredXid, type UpTopic } from "./up-topic.js";

export const ERRORS = "s/e";
export const REGISTERED = "s/dt";
const NOT_FOUND = 40;
const REFUSED = 41;
const MALFORMED = 42;

export interface RowDeskOptions {
	/** A tenant from before 2023: it knows neither 125 (heartbeat) nor 408, 504 to 507, 600 and 602. */
	older?: boolean;
	/** What goes wrong with answers on s/dt. */
	templateAnswers?: AnswerFaults;
}

export class RowDesk {
	private readonly tenant: Tenant;
	/** May be changed while running. */
	private readonly options: RowDeskOptions;
	private readonly delivery: Delivery;
	private readonly context: StandInContext;
	private readonly answers: Answers;
	private link: DeviceLink | undefined;

	constructor(
		tenant: Tenant,
		options: RowDeskOptions,
		delivery: Delivery,
		context: StandInContext,
		answers: Answers,
	) {
		this.answers = answers;
		this.tenant = tenant;
		this.options = options;
		this.delivery = delivery;
		this.context = context;
	}

	attach(link: DeviceLink): void {
		this.link = link;
	}

	/** `defaultXid` is that of the client identifier. */
	receive(device: string, { topic, payload }: IncomingPublish, defaultXid: string | undefined): void {
		const rows = parseRows(payload.toString("utf8"));
		const xid = registeredXid(topic);
		if (xid !== undefined) return this.register(device, xid, rows);
		const up = parseUpTopic(topic);
		if (!up) return this.fault(device, NOT_FOUND, "", `Nothing is expected on topic ${topic}`);
		const target = up.child ?? device;
		const { inventory } = this.tenant;
		if (inventory.devices.has(target) && inventory.rootOf(target) !== device) {
			return this.fault(device, REFUSED, "", `${target} is no child of this device`);
		}
		const context = this.rowContext(device, target, new Intake(this.tenant, up.mode));
		for (const row of rows) this.row(device, row, context, up, defaultXid);
	}

	private row(device: string, row: Row, context: RowContext, up: UpTopic, defaultXid?: string): void {
		const [id = "", ...columns] = row.columns;
		this.judged(device, id, () => {
			if (row.malformed) throw new RowError(MALFORMED, `Malformed row: ${row.malformed}`);
			const args = new Arguments(columns);
			if (up.kind === "us") carryOut(id, args, context);
			else if (up.kind === "uc") this.own(device, id, args, context, up.xid, `s/dc/${up.xid}`);
			else this.own(device, id, args, context, defaultXid ?? "", "s/dd");
		});
	}

	/** A row of an own template. */
	private own(
		device: string,
		id: string,
		args: Arguments,
		context: RowContext,
		xid: string,
		answers: string,
	): void {
		const collection = this.tenant.ownTemplates.get(xid);
		const template = collection?.requests.get(id);
		if (!collection || !template) throw new RowError(NOT_FOUND, "No template for this X-ID and message id");
		const outcome = carryOutOwn(template, args, context);
		if (!template.response) return;
		for (const columns of responseRows(collection, outcome, [])) {
			this.link?.send(device, answers, formatRow(columns, "backslash"));
		}
	}

	/** An empty message asks whether the collection exists. */
	private register(device: string, xid: string, rows: readonly Row[]): void {
		const known = this.tenant.ownTemplates.get(xid);
		const answer = (...columns: string[]): void =>
			this.answers.send(this.options.templateAnswers ?? {}, () => {
				this.link?.send(device, REGISTERED, formatRow(columns, "backslash"));
			});
		if (rows.length === 0 && !known) return answer(String(REFUSED), xid);
		this.judged(device, "", () => {
			const collection = rows.length === 0 && known ? known : this.tenant.ownTemplates.register(xid, rows);
			answer("20", xid, collection.internalId);
		});
	}

	private rowContext(device: string, target: string, intake: Intake): RowContext {
		const { inventory } = this.tenant;
		return {
			tenant: this.tenant,
			device: target,
			...(target !== device && { parent: device }),
			own: () => {
				// A child that nobody has created is one of the device that is connected.
				if (target === device) return inventory.ensure(device);
				return inventory.ensure(target, inventory.ensure(device).id);
			},
			intake,
			resend: () => this.delivery.push(target),
			reply: (...answer) => void this.link?.send(device, ROWS_DOWN, formatRow(answer, "backslash")),
			older: this.options.older ?? false,
		};
	}

	private judged(device: string, id: string, work: () => void): void {
		try {
			work();
		} catch (error) {
			if (!(error instanceof RowError)) throw error;
			this.fault(device, error.code, id, error.message);
		}
	}

	private fault(device: string, code: number, id: string, text: string): void {
		const line = formatRow([String(code), id, text], "double");
		this.context.report({ kind: "error", device, text: line });
		this.link?.send(device, ERRORS, line);
	}
}
