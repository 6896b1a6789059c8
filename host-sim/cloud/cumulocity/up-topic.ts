// Topics that devices publish rows on: <mode>/us, /uc/<X-ID> and /ud, each with /<child> or without.

/** s: persistent, t: transient, q: quiescent, c: for the event processing only. */
export type Mode = "s" | "t" | "q" | "c";

export interface UpTopic {
	readonly mode: Mode;
	/** us: static templates, uc: those of a collection, ud: those of the client identifier's collection. */
	readonly kind: "us" | "uc" | "ud";
	/** Only with uc. */
	readonly xid: string;
	/** External id of the child that is meant; undefined: the device itself. */
	readonly child?: string;
}

const NAME = "[^/+#]{1,256}";
const ROWS = new RegExp(`^(?<mode>[stqc])/(?:(?<kind>us|ud)|uc/(?<xid>${NAME}))(?:/(?<child>${NAME}))?$`);
const REGISTER = /^s\/ut\/(?<xid>[\w.-]{1,64})$/;

export function parseUpTopic(topic: string): UpTopic | undefined {
	const { mode, kind = "uc", xid = "", child } = ROWS.exec(topic)?.groups ?? {};
	if (mode === undefined) return undefined;
	const about = { mode: mode as Mode, kind: kind as UpTopic["kind"], xid };
	return { ...about, ...(child !== undefined && { child }) };
}

/** The X-ID of a topic on which own templates are registered. */
export function registeredXid(topic: string): string | undefined {
	return REGISTER.exec(topic)?.groups?.xid;
}
