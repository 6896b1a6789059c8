// Credentials that the cloud hands out ("Integration life cycle", step 0): a device that has none connects as
// management/devicebootstrap and asks until an operator has accepted it.
//
//   the node is    event                                    it becomes
//   without        credentials are in the store             with
//   without        `70,<tenant>,<user>,<password>` comes    with: they are stored, and it connects anew
//   with           the broker refuses them for a day        without, for an hour or until that comes to nothing
//
// The row with the password reaches no log; the bootstrap password comes from the settings, and nothing reads
// it back.

import { ascii } from "../../core/bytes.js";
import type { Store } from "../../core/store.js";
import { decodeUtf8 } from "../../core/utf8.js";
import { type ConnectOptions, connectLength } from "../../mqtt/encode.js";
import { Limits } from "../../mqtt/limits.js";
import type { CloudHost, OpeningStep } from "../cloud.js";
import { utf8 } from "../text.js";
import { RowFault, type RowReader } from "./rows.js";
import type { CumulocitySettings } from "./settings.js";

export const CREDENTIALS_TOPIC = ascii("s/dcr");
const ASK_TOPIC = ascii("s/ucr");
const NOTHING = ascii("");
const USER = ascii("management/devicebootstrap");
/** Template id of the answer. */
const CREDENTIALS = "70";
/** Three lines: broker, user, password. Another broker's are none. */
const KEY = "credentials";
/** Longest tenant, user and password, characters. */
const LONGEST = 256;
/** Pause between questions, ms; doubled after each dozen, up to a minute. */
const ASK_MS = 5000;
const DOZEN = 12;
const LONGEST_PAUSE_MS = 60_000;
const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const REFUSED = "connack-4";

/** Credentials that may change between connections. */
type Changing = { -readonly [K in keyof ConnectOptions]: ConnectOptions[K] };

export class Bootstrap {
	/** Whether the node has no credentials, and asks for them. */
	active = true;
	private readonly connect: Changing;
	/** The will of a node with credentials; without them it may publish nothing. */
	private readonly will: ConnectOptions["will"];
	private readonly password: Uint8Array;
	private readonly settings: CumulocitySettings;
	private host!: CloudHost;
	/** Questions in this connection. */
	private asked = 0;
	/** When the credentials were refused first, or when asking began although there are some; ms, or -1. */
	private since = -1;
	private lit = false;

	/** `connect` is what each connection begins with; its user, password and will change. */
	constructor(settings: CumulocitySettings, connect: ConnectOptions) {
		this.settings = settings;
		this.connect = connect as Changing;
		this.will = connect.will;
		this.password = utf8(settings.cumulocity.bootstrapPassword);
		this.ask();
	}

	attach(host: CloudHost): void {
		this.host = host;
		this.use();
	}

	/** Without credentials. */
	private ask(): void {
		this.active = true;
		this.connect.username = USER;
		this.connect.password = this.password;
		this.connect.will = undefined;
	}

	/** With those of the store, if there are any for this broker. */
	private use(): boolean {
		const [broker, user = "", password = ""] = this.stored(this.host.store);
		if (broker !== this.settings.broker.host || user === "") return false;
		this.active = false;
		this.connect.username = utf8(user);
		this.connect.password = utf8(password);
		this.connect.will = this.will;
		// CONNECT goes through the output stage in one piece.
		if (connectLength(this.connect) + 5 <= Limits.outputBytes) return true;
		this.ask();
		return false;
	}

	private stored(store: Store): string[] {
		const value = store.get(KEY);
		return typeof value === "string" ? value.split("\n") : [];
	}

	/** The i-th step while `active`: it never ends by itself, so that no measure flows. */
	step(step: number): OpeningStep {
		if (step === 0) {
			this.asked = 0;
			this.host.waiting(`an operator of the cloud has to register and accept ${this.settings.device.id}`);
			return { kind: "subscribe", topic: CREDENTIALS_TOPIC, payload: NOTHING, qos: 1, retain: false };
		}
		if (step % 2 === 1) return { kind: "publish", topic: ASK_TOPIC, payload: NOTHING, qos: 1, retain: false };
		const pauseMs = Math.min(LONGEST_PAUSE_MS, ASK_MS * 2 ** Math.floor(++this.asked / DOZEN));
		return { kind: "wait", topic: NOTHING, payload: NOTHING, qos: 0, retain: false, pauseMs };
	}

	/** A row on CREDENTIALS_TOPIC. */
	row(row: RowReader): void {
		const { host } = this;
		const column = (i: number) => decodeUtf8(row.text, row.start(i), row.end(i)) ?? "";
		const isRight =
			this.active && row.fault === RowFault.None && row.count === 4 && column(0) === CREDENTIALS;
		const [tenant, user, password] = isRight ? [column(1), column(2), column(3)] : ["", "", ""];
		if (!isShort(tenant) || !isShort(user) || !isShort(password))
			return host.malformed("credentials that cannot be used");
		host.store.set(KEY, `${this.settings.broker.host}\n${tenant}/${user}\n${password}`);
		this.since = -1;
		if (this.use()) host.reconnect();
		else host.malformed("credentials that cannot be stored");
	}

	/** Why a connection ended or did not come about. */
	ended(code: string): void {
		const now = this.host.now();
		if (this.active) {
			// They may be right again: the known ones get another day.
			if (code === REFUSED && this.since >= 0) this.goBack();
			return;
		}
		if (code !== REFUSED) {
			if (code === "requested") this.since = -1;
			return;
		}
		if (this.since < 0) this.since = now;
		else if (now - this.since >= DAY_MS) {
			this.since = now;
			this.ask();
		}
	}

	/** The connection with credentials stands. */
	accepted(): void {
		this.since = -1;
	}

	private goBack(): void {
		if (this.use()) this.since = this.host.now();
	}

	/** To be called now and then. */
	tick(): void {
		if (this.active && this.since >= 0 && this.host.now() - this.since >= HOUR_MS) {
			this.goBack();
			if (!this.active) this.host.reconnect();
		}
		if (!this.settings.cumulocity.bootstrapLed || (!this.active && !this.lit)) return;
		this.lit = this.active && !this.lit;
		this.host.light(this.lit);
	}
}

function isShort(text: string): boolean {
	if (text.length === 0 || text.length > LONGEST) return false;
	for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) < 32) return false;
	return true;
}
