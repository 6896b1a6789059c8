// Topics that devices publish rows on: <mode>/us[/<child>].

/** s: persistent, t: transient, q: quiescent, c: for the event processing only. */
export type Mode = "s" | "t" | "q" | "c";

export interface UpTopic {
	readonly mode: Mode;
	/** External id of the child that is meant; undefined: the device itself. */
	readonly child?: string;
}

const STATIC = /^(?<mode>[stqc])\/us(?:\/(?<child>[^/+#]{1,256}))?$/;

export function parseUpTopic(topic: string): UpTopic | undefined {
	const { mode, child } = STATIC.exec(topic)?.groups ?? {};
	if (mode === undefined) return undefined;
	return { mode: mode as Mode, ...(child !== undefined && { child }) };
}
