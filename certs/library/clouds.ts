// The clouds whose rules for certificates are known here.

export const CLOUDS = ["cumulocity", "sap", "plain"] as const;
export type Cloud = (typeof CLOUDS)[number];

export function isCloud(name: string): name is Cloud {
	return (CLOUDS as readonly string[]).includes(name);
}
