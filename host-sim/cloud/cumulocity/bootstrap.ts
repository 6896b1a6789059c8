// Fetching credentials (s/ucr, s/dcr): a device that has none yet asks again and again, and is answered from
// the moment on in which an operator has accepted it.
import type { DeviceLink, StandInContext } from "../stand-in.js";
import type { AnswerFaults, Answers } from "./answers.js";
import { randomPassword } from "./device-requests.js";
import { formatRow, type Quoting } from "./rows.js";
import type { Tenant } from "./tenant.js";

export interface BootstrapOptions {
	/** Of the user management/devicebootstrap; "bootstrap" unless given. */
	bootstrapPassword?: string;
	/** Devices that are announced from the start. */
	awaited?: readonly string[];
	/** Accept an announced device as soon as it asks, as an operator who is always there. */
	acceptAtOnce?: boolean;
	/** Makes the password of a new device user; random unless given. */
	makePassword?: () => string;
	/** What goes wrong with answers on s/dcr. */
	bootstrapAnswers?: AnswerFaults;
	/** Until when the bootstrap user is not let in, with code 5; ms since 1970. */
	bootstrapRefusedUntil?: number;
}

const ASK = "s/ucr";
const ANSWER = "s/dcr";
const CREDENTIALS = "70";
export const BOOTSTRAP_PASSWORD = "bootstrap";

/** Blanks and line feeds, for clients that cannot send an empty payload. */
const isBlank = (payload: Buffer): boolean => /^[ \r\n]*$/.test(payload.toString("latin1"));

export class Bootstrap {
	private readonly tenant: Tenant;
	/** May be changed while running. */
	private readonly options: BootstrapOptions & { quoting?: Quoting };
	private readonly context: StandInContext;
	private readonly answers: Answers;

	constructor(tenant: Tenant, options: Bootstrap["options"], context: StandInContext, answers: Answers) {
		this.answers = answers;
		this.tenant = tenant;
		this.options = options;
		this.context = context;
		for (const id of options.awaited ?? []) tenant.requests.add(id);
	}

	get password(): string {
		return this.options.bootstrapPassword ?? BOOTSTRAP_PASSWORD;
	}

	/** Why nobody may ask for credentials now. */
	refuses(now: number): string | undefined {
		return now < (this.options.bootstrapRefusedUntil ?? 0) ? "no bootstrap at this time" : undefined;
	}

	allowsSubscribe(topic: string): boolean {
		return topic === ANSWER;
	}

	/** Why a publish ends the connection. */
	refusesPublish(topic: string): string | undefined {
		return topic === ASK ? undefined : `the bootstrap user may publish to ${ASK} only, not to ${topic}`;
	}

	receive(device: string, payload: Buffer, link: DeviceLink | undefined): void {
		const { requests } = this.tenant;
		if (!isBlank(payload)) return this.warn(device, `${ASK} takes an empty message only`);
		const accepted = requests.get(device)?.status === "ACCEPTED";
		if (!requests.ask(device)) return this.warn(device, "asks for credentials, but nobody has announced it");
		if (this.options.acceptAtOnce) requests.accept(device);
		// Only a publish after the acceptance is answered.
		if (accepted) this.answer(device, link);
	}

	private answer(device: string, link: DeviceLink | undefined): void {
		const given = this.tenant.requests.credentials(device, this.options.makePassword ?? randomPassword);
		if (!given) return this.warn(device, "gets no credentials: the tenant has too many users");
		const row = (password: string): string =>
			formatRow([CREDENTIALS, this.tenant.id, given.user, password], this.options.quoting ?? "backslash");
		this.answers.send(this.options.bootstrapAnswers ?? {}, () => {
			const sent = link?.send(device, ANSWER, row(given.password), row("(covered)")) ?? false;
			if (!sent) this.warn(device, `credentials do not reach it: it is not there on ${ANSWER}`);
		});
	}

	private warn(device: string, text: string): void {
		this.context.report({ kind: "warning", device, text });
	}
}
