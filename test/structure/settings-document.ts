// docs/settings.md, made from the schema and from the comments beside it.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "@babel/parser";
import { SCHEMA } from "../../modules/app/settings.js";
import { CLOUD_NAMES, CLOUDS, NAMED_SETTINGS } from "../../modules/cloud/clouds.js";
import { CHANNEL_FIELDS } from "../../modules/core/channel-table.js";
import type { Field, Fields } from "../../modules/core/schema.js";
import { ROOT } from "./sources.js";

export const DOCUMENT = "docs/settings.md";

/** The file that has a group. */
function fileOf(group: string): string {
	if (group === "channels") return "modules/core/channel-table.ts";
	const cloud = CLOUD_NAMES.find((name) => name === group || Object.hasOwn(namedOf(name), group));
	if (!cloud) return "modules/app/settings.ts";
	const list = readFileSync(join(ROOT, "modules/cloud/list.ts"), "utf8");
	const folder = new RegExp(`\\{ ${cloud} \\} from "\\./([^/]+)/`).exec(list)?.[1];
	return `modules/cloud/${folder}/settings.ts`;
}

/** The groups of free names of a cloud. */
function namedOf(cloud: (typeof CLOUD_NAMES)[number]): Readonly<Record<string, Fields>> {
	return (CLOUDS[cloud] as { named?: Readonly<Record<string, Fields>> }).named ?? {};
}

/** The constant that holds a group, where a file has several. */
function constantOf(group: string): RegExp {
	const own: Readonly<Record<string, string>> = {
		channels: "CHANNEL_FIELDS",
		children: "CHILD",
		sensors: "SENSOR",
	};
	return new RegExp(`^${own[group] ?? group.toUpperCase()}$`);
}

// biome-ignore lint/suspicious/noExplicitAny: syntax trees, read by their documented names
type Node = any;

/** The comment before each property of the object of a group, as one line. */
function meanings(group: string): Map<string, string> {
	const text = readFileSync(join(ROOT, fileOf(group)), "utf8");
	const { program } = parse(text, { sourceType: "module", plugins: ["typescript"] });
	const found = new Map<string, string>();
	const name = constantOf(group);
	const visit = (node: Node, inGroup: boolean): void => {
		if (Array.isArray(node)) {
			for (const one of node) visit(one, inGroup);
			return;
		}
		if (typeof node?.type !== "string") return;
		const isGroup =
			(node.type === "ObjectProperty" && node.key.name === group) ||
			(node.type === "VariableDeclarator" && name.test(node.id.name));
		if (inGroup && node.type === "ObjectProperty") {
			const comment: string = node.leadingComments?.at(-1)?.value ?? "";
			found.set(
				node.key.name,
				comment
					.replace(/^\*/, "")
					.replace(/\n\s*\*/g, " ")
					.replace(/\s+/g, " ")
					.trim(),
			);
			return;
		}
		for (const [key, child] of Object.entries(node))
			if (!/Comments$|^loc$/.test(key)) visit(child, inGroup || isGroup);
	};
	visit(program.body, false);
	return found;
}

function rangeOf(field: Field): string {
	switch (field.type) {
		case "text":
			return `${field.min} to ${field.max} characters`;
		case "number":
			return `${field.whole ? "whole, " : ""}${field.min} to ${field.max}`;
		case "flag":
			return "true or false";
		default:
			return field.among.map((one) => `\`${one}\``).join(", ");
	}
}

/** A cell of a table. */
const cell = (text: string) => text.replaceAll("|", "\\|").replaceAll("<", "&lt;");

function table(group: string, fields: Fields): string[] {
	const words = meanings(group);
	const rows = Object.entries(fields).map(([key, field]) => {
		const comment = words.get(key) ?? "";
		if (comment === "") throw new Error(`${fileOf(group)}: ${group}.${key} has no comment`);
		const unit = / Unit: ([^ ]+)\.$/.exec(comment);
		const meaning = unit ? comment.slice(0, unit.index) : comment;
		const standard = field.value === "" ? "empty" : `\`${field.value}\``;
		return `| \`${key}\` | ${standard} | ${rangeOf(field)} | ${unit?.[1] ?? ""} | ${cell(meaning)} |`;
	});
	return ["| setting | default | range | unit | meaning |", "|---|---|---|---|---|", ...rows];
}

/** The fields of a channel: a group of each channel's own. */
function channelTable(): string[] {
	return [
		"## channels",
		"",
		"A group for each channel of the board's table ([sensors.md](sensors.md)), by its key:",
		'`{"channels":{"temperature":{"deadband":0.2,"high":30}}}`. What it leaves out is as the table says.',
		"",
		...table("channels", CHANNEL_FIELDS),
	];
}

/** The groups of free names: what each is of. */
const NAMED: Readonly<Record<string, string>> = {
	children:
		'A group for each child device on Cumulocity, by a name: `{"children":{"pump":{"channels":"speed"}}}`.',
	sensors: 'A group for each further sensor on SAP, by a name: `{"sensors":{"motor":{"channels":"speed"}}}`.',
};
function namedTables(): string[] {
	return Object.entries(NAMED_SETTINGS).flatMap(([group, fields]) => [
		`## ${group}`,
		"",
		NAMED[group] ?? "",
		"",
		...table(group, fields),
		"",
	]);
}

export function settingsDocument(): string {
	const groups = Object.entries(SCHEMA as Readonly<Record<string, Fields>>);
	return [
		"# Settings",
		"",
		"Made by `npm run docs` from the schema in [settings.ts](../modules/app/settings.ts) and in the folders of the",
		'clouds. A file or a store has only what differs: `{"led":{"gamma":2.2}}`. On a laptop the file comes by',
		"`--settings FILE`; [boards.md](boards.md#settings-on-a-board) says where a board has them from. A board's",
		"manifest may override a default, such as `outbox.measures`.",
		...groups.flatMap(([group, fields]) => ["", `## ${group}`, "", ...table(group, fields)]),
		"",
		...namedTables(),
		...channelTable(),
		"",
	].join("\n");
}
