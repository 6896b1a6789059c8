// The fields of a class in their order, and which of them some of its methods touch. XS looks through an
// object's fields in their order, so that the thirtieth costs two and a half times as much as the first.

import { parse } from "@babel/parser";

// biome-ignore lint/suspicious/noExplicitAny: syntax trees, read by their documented names
type Node = any;

export interface Fields {
	/** In the order of their declaration. */
	readonly all: readonly string[];
	/** Touched by one of the methods. */
	readonly touched: ReadonlySet<string>;
	/** Of the methods that were asked for: those that are not there. */
	readonly missing: readonly string[];
}

export function fieldsOf(source: string, name: string, methods: readonly string[]): Fields {
	const tree: Node = parse(source, { sourceType: "module", plugins: ["typescript"] });
	const found: Node = tree.program.body
		.map((statement: Node) => statement.declaration ?? statement)
		.find((node: Node) => node.type === "ClassDeclaration" && node.id.name === name);
	if (!found) throw new Error(`there is no class ${name}`);
	const members: Node[] = found.body.body;
	const all = members
		.filter((member) => member.type === "ClassProperty" && !member.static && !member.declare)
		.map((member) => member.key.name as string);
	const touched = new Set<string>();
	const missing = new Set(methods);
	for (const member of members) {
		if (member.type !== "ClassMethod" || !missing.delete(member.key.name)) continue;
		visit(member.body, (node) => {
			if (node.type === "MemberExpression" && node.object.type === "ThisExpression" && !node.computed)
				touched.add(node.property.name);
			// const { a, b } = this
			if (node.type === "VariableDeclarator" && node.init?.type === "ThisExpression")
				for (const property of node.id.properties ?? []) touched.add(property.key.name);
		});
	}
	return { all, touched: new Set(all.filter((field) => touched.has(field))), missing: [...missing] };
}

function visit(node: Node, each: (node: Node) => void): void {
	if (Array.isArray(node)) {
		for (const one of node) visit(one, each);
		return;
	}
	if (!node || typeof node.type !== "string") return;
	each(node);
	for (const key of Object.keys(node))
		if (key !== "loc" && typeof node[key] === "object") visit(node[key], each);
}
