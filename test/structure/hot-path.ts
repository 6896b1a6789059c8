// A lint for what allocates on XS. Numbers are slots (16 bytes each) as measured there; what measured 0 is
// not flagged.
//
// Every function body counts as hot. Setup (module level, constructors, class fields) is exempt, but not the
// functions that it creates: they run later. A function that is not hot is named as cold, and calling it from
// a hot one is then a finding itself. Inside a hot function a comment `// cold: reason`, on the statement's
// line or alone above it, excuses the line. What only runs for an observer is exempt.

import { parse } from "@babel/parser";

export type Rule =
	| "array-literal" // 2
	| "array-method" // 2 to 8: those that return a new array, and sort
	| "array-pattern" // 8: an iterator
	| "arguments" // 5
	| "async" // about 41 an await
	| "bigint" // a chunk
	| "cold-call" // whatever the cold function takes
	| "comment" // no allocation: a `// cold:` that has no reason or excuses nothing
	| "function" // 5 to 13
	| "iteration" // 8 a loop, 24 for..in, 28 over a Map
	| "json" // 4 and more
	| "key" // a key for good
	| "map-delete" // 3, with the next set
	| "new" // 1 and a slot a field
	| "object-literal" // 1 and a slot a property
	| "object-static" // 3 and more
	| "property-delete" // 1, with the next set
	| "regexp" // 7
	| "rest" // 2, of an object 7
	| "spread" // 8
	| "string-concat" // a chunk
	| "string-member" // 2: a wrapper, even for .length
	| "template" // a chunk
	| "throw" // 7: a new error
	| "timer" // a new timer; to schedule one again is free
	| "to-string" // up to 2 and a chunk
	| "view"; // 4 and more

export interface Finding {
	readonly line: number;
	/**
	 * Name of the function; those inside others come as "outer > inner", nameless ones by the call that takes
	 * them.
	 */
	readonly method: string;
	readonly rule: Rule;
	readonly text: string;
}
/** Function → why it is not on the hot path. */
export type Cold = Readonly<Record<string, string>>;

type Kind = "string" | "map";
type Kinds = Map<string, Kind>;
interface Node {
	readonly type: string;
	readonly start: number;
	readonly end: number;
	readonly loc: { readonly start: { readonly line: number } };
	// biome-ignore lint/suspicious/noExplicitAny: syntax trees, read by their documented names
	readonly [key: string]: any;
}
interface Scope {
	/** "" at module level. */
	readonly method: string;
	readonly hot: boolean;
	readonly kinds: Kinds;
	readonly statement: number;
}

const words = (text: string): ReadonlySet<string> => new Set(text.split(" "));
const each = (rule: Rule, names: ReadonlySet<string>) => [...names].map((name) => [name, rule] as const);
const TO_STRING = words("toString toFixed toPrecision toExponential toLocaleString toISOString toJSON");
/** Methods that allocate whatever they are called on, by name. */
const METHODS = new Map<string, Rule>([
	...each("to-string", TO_STRING),
	...each("function", words("bind")),
	...each("async", words("then")),
	...each("view", words("subarray slice encodeInto")),
	...each(
		"array-method",
		words("map filter concat splice sort join flat flatMap toSorted toReversed toSpliced"),
	),
	...each("string-member", words("charAt charCodeAt codePointAt startsWith endsWith padStart padEnd split")),
	...each("string-member", words("toUpperCase toLowerCase trim trimStart trimEnd replace replaceAll repeat")),
	...each("string-member", words("match matchAll search substring substr normalize localeCompare")),
]);
const ITERATORS = words("keys values entries");
const OBJECT_STATICS = words(
	"keys values entries assign fromEntries create freeze defineProperty getOwnPropertyNames ownKeys",
);
const VIEWS =
	/^(?:(?:Big)?(?:Int|Uint|Float)(?:8|16|32|64)(?:Clamped)?Array|DataView|(?:Shared)?ArrayBuffer)$/;
const WRAPPERS = words("TSAsExpression TSSatisfiesExpression TSNonNullExpression TSTypeAssertion");
const FUNCTIONS = words(
	"FunctionDeclaration FunctionExpression ArrowFunctionExpression ObjectMethod ClassMethod ClassPrivateMethod",
);
const SIMPLE: Readonly<Record<string, Rule>> = {
	ArrayExpression: "array-literal",
	ArrayPattern: "array-pattern",
	AwaitExpression: "async",
	BigIntLiteral: "bigint",
	ClassDeclaration: "function",
	ClassExpression: "function",
	ForInStatement: "iteration",
	ForOfStatement: "iteration",
	Import: "async",
	ImportExpression: "async",
	ObjectExpression: "object-literal",
	RegExpLiteral: "regexp",
	RestElement: "rest",
	SpreadElement: "spread",
	YieldExpression: "async",
};

/** What it costs to call these, or their static methods. */
const CONVERSIONS = new Map<string, Rule>([
	["Array", "array-method"],
	["BigInt", "bigint"],
	["JSON", "json"],
	["Promise", "async"],
	["String", "to-string"],
	["Symbol", "key"],
]);

const isNode = (value: unknown): value is Node =>
	typeof value === "object" && value !== null && typeof (value as Node).type === "string";
const isMember = (node: Node) => /^(Optional)?MemberExpression$/.test(node.type);
const isCall = (node: Node) => /^(Optional)?CallExpression$/.test(node.type);

function children(node: Node): Node[] {
	if (WRAPPERS.has(node.type)) return [node.expression];
	return Object.entries(node)
		.filter(([key]) => !/Comments$|^typeAnnotation$|^typeParameters$|^returnType$/.test(key))
		.flatMap(([, value]) => (Array.isArray(value) ? value : [value]))
		.filter((child) => isNode(child) && (!child.type.startsWith("TS") || WRAPPERS.has(child.type)));
}

/** The name that a key, a callee or a variable goes by; "" for what has none. */
function nameOf(node: Node | null | undefined): string {
	if (!node) return "";
	if (node.type === "Identifier") return node.name;
	if (node.type === "PrivateName") return `#${node.id.name}`;
	if (node.type === "ThisExpression") return "this";
	if (isMember(node)) return node.computed ? "" : nameOf(node.property);
	return WRAPPERS.has(node.type) ? nameOf(node.expression) : node.type === "StringLiteral" ? node.value : "";
}

/** What a type annotation says, as far as it matters. */
function typeKind(type: Node | null | undefined): Kind | undefined {
	switch (type?.type) {
		case "TSTypeAnnotation":
			return typeKind(type.typeAnnotation);
		case "TSUnionType":
			return (type.types as Node[]).map(typeKind).find(Boolean);
		case "TSLiteralType":
			return type.literal.type === "StringLiteral" ? "string" : undefined;
		case "TSTypeReference":
			return /^(Readonly)?(Map|Set)$/.test(nameOf(type.typeName)) ? "map" : undefined;
		default:
			return type?.type === "TSStringKeyword" || type?.type === "TSTemplateLiteralType"
				? "string"
				: undefined;
	}
}

/**
 * What is known of an expression. `known` has names of variables, and "this." and "()" forms of fields and
 * functions.
 */
function kindOf(node: Node | null | undefined, known: Kinds): Kind | undefined {
	switch (node?.type) {
		case "StringLiteral":
		case "TemplateLiteral":
			return "string";
		case "TSAsExpression":
			return typeKind(node.typeAnnotation);
		case "TSNonNullExpression":
			return kindOf(node.expression, known);
		case "UnaryExpression":
			return node.operator === "typeof" ? "string" : undefined;
		case "Identifier":
			return known.get(node.name);
		case "ConditionalExpression":
			return kindOf(node.consequent, known) ?? kindOf(node.alternate, known);
		case "LogicalExpression":
			return kindOf(node.left, known) ?? kindOf(node.right, known);
		case "BinaryExpression":
			return node.operator === "+" ? (kindOf(node.left, known) ?? kindOf(node.right, known)) : undefined;
		case "NewExpression":
			return /^(Map|Set)$/.test(nameOf(node.callee)) ? "map" : undefined;
		case "MemberExpression":
			return node.object.type === "ThisExpression" ? known.get(`this.${nameOf(node)}`) : undefined;
		case "CallExpression": {
			const name = nameOf(node.callee);
			if (name === "String" || TO_STRING.has(name)) return "string";
			return known.get(`${name}()`);
		}
		default:
			return undefined;
	}
}

/** Notes the variables that a function (or the module) declares, not those of functions inside it. */
function declare(node: Node, known: Kinds): void {
	const note = (target: Node, init: Node | null | undefined) => {
		if (target.type === "AssignmentPattern") return note(target.left, target.right);
		if (target.type !== "Identifier") return;
		const kind = typeKind(target.typeAnnotation) ?? kindOf(init, known);
		if (kind) known.set(target.name, kind);
		else known.delete(target.name); // it hides what may be a string outside
	};
	if (FUNCTIONS.has(node.type)) for (const param of node.params) note(param, undefined);
	const inside = (child: Node): void => {
		if (FUNCTIONS.has(child.type)) return;
		if (child.type === "VariableDeclarator") note(child.id, child.init);
		children(child).forEach(inside);
	};
	children(node).forEach(inside);
}

/** Notes the fields of all classes of a file, and the functions that return strings. */
function declareMembers(node: Node, known: Kinds): void {
	const kind = /^Class(Private)?Property$/.test(node.type)
		? (typeKind(node.typeAnnotation) ?? kindOf(node.value, known))
		: typeKind(node.returnType);
	const name = nameOf(node.key ?? node.id);
	if (kind && name !== "")
		known.set(node.value !== undefined || node.kind === "get" ? `this.${name}` : `${name}()`, kind);
	for (const child of children(node)) declareMembers(child, known);
}

/** Whether an expression only goes on when there is an observer. */
function asksObserver(node: Node): boolean {
	if (node.type === "LogicalExpression" && node.operator === "&&")
		return asksObserver(node.left) || asksObserver(node.right);
	if (node.type === "BinaryExpression") return /^!==?$/.test(node.operator) && asksObserver(node.left);
	if (/^#?observer$/.test(nameOf(node))) return true;
	return isMember(node) && asksObserver(node.object);
}

/** Whether a property name is only known at run time. */
function isDynamic(node: Node, known: Kinds): boolean {
	return node.type !== "StringLiteral" && kindOf(node, known) === "string";
}

function newRule(callee: Node): Rule {
	return VIEWS.test(nameOf(callee)) ? "view" : nameOf(callee) === "Promise" ? "async" : "new";
}

/** The rule that a call breaks. `cold` are functions of the file, `allocators` of others. */
function callRule(node: Node, cold: Cold, allocators: ReadonlySet<string>, known: Kinds): Rule | undefined {
	const { callee } = node;
	const name = nameOf(callee);
	if (callee.type === "Identifier")
		return Object.hasOwn(cold, name) || allocators.has(name) ? "cold-call" : CONVERSIONS.get(name);
	if (!isMember(callee) || name === "") return undefined;
	const owner = nameOf(callee.object);
	if (owner === "this" && Object.hasOwn(cold, name)) return "cold-call";
	if (owner === "Timer") return name === "set" || name === "repeat" ? "timer" : undefined;
	if (owner === "Object" || owner === "Reflect")
		return OBJECT_STATICS.has(name) ? "object-static" : undefined;
	if (name === "isArray" || name === "isView") return undefined;
	if (VIEWS.test(owner)) return "view";
	if (CONVERSIONS.has(owner)) return CONVERSIONS.get(owner);
	const kind = kindOf(callee.object, known);
	if (kind === "string") return undefined; // the member itself is the finding
	if (kind === "map" && name === "delete") return "map-delete";
	if (ITERATORS.has(name)) return node.arguments.length === 0 ? "iteration" : undefined;
	return METHODS.get(name);
}

/**
 * What allocates in the hot functions of a file. `allocators` are the names of other files' cold functions.
 */
export function lintHotPath(source: string, cold: Cold = {}, allocators = new Set<string>()): Finding[] {
	const tree = parse(source, { sourceType: "module", plugins: ["typescript"], attachComment: false });
	const lines = source.split("\n");
	const findings: Finding[] = [];
	/** Parts that another finding speaks for. */
	const spokenFor = new Set<Node>();
	/** Lines that are excused by a comment → line of the comment. */
	const excused = new Map<number, number>();
	const unused = new Set<number>();
	for (const { value, loc } of tree.comments ?? []) {
		if (!/^\s*cold:/.test(value) || !loc) continue;
		const { line } = loc.start;
		unused.add(line);
		if (/^\s*cold:\s*\S/.test(value))
			excused.set(/^\s*\/[/*]/.test(lines[line - 1] as string) ? line + 1 : line, line);
	}

	const report = (node: Node, rule: Rule, scope: Scope): void => {
		if (!scope.hot || spokenFor.has(node)) return;
		const { line } = node.loc.start;
		const comment = excused.get(line) ?? excused.get(scope.statement);
		if (comment !== undefined) unused.delete(comment);
		else {
			const text = source.slice(node.start, node.end).replace(/\s+/g, " ").slice(0, 70);
			findings.push({ line, method: scope.method, rule, text });
		}
	};

	/** Goes into a function. */
	const enter = (node: Node, scope: Scope, given: string): void => {
		const own = nameOf(node.key ?? node.id) || given || "callback";
		const method = scope.method === "" ? own : `${scope.method} > ${own}`;
		const kinds = new Map(scope.kinds);
		declare(node, kinds);
		const hot = node.kind !== "constructor" && !Object.hasOwn(cold, method);
		const inner = { method, hot, kinds, statement: 0 };
		if (node.async || node.generator) report(node, "async", inner);
		for (const child of [...node.params, node.body]) visit(child, inner);
	};

	/** `given` is the name that a function without one gets from where it stands. */
	const visit = (node: Node, outer: Scope, given = ""): void => {
		const { type } = node;
		if (FUNCTIONS.has(type)) {
			if (!type.endsWith("Method")) report(node, "function", outer);
			return enter(node, outer, given);
		}
		const scope = /Statement$|^VariableDeclaration$/.test(type)
			? { ...outer, statement: node.loc.start.line }
			: outer;
		const { kinds } = scope;
		if (!node.computed) for (const name of [node.property, node.key]) spokenFor.add(name);
		if (SIMPLE[type]) report(node, SIMPLE[type], scope);
		else if (type === "Identifier" && node.name === "arguments") report(node, "arguments", scope);
		else if (type === "TaggedTemplateExpression") spokenFor.add(node.quasi);
		else if (type === "TemplateLiteral" && node.expressions.length > 0) report(node, "template", scope);
		else if (type === "ThrowStatement" && node.argument.type === "NewExpression") {
			report(node, "throw", scope);
			spokenFor.add(node.argument);
		} else if (type === "NewExpression") report(node, newRule(node.callee), scope);
		else if (type === "UnaryExpression" && node.operator === "delete") report(node, "property-delete", scope);
		else if (type === "BinaryExpression" && node.operator === "in" && isDynamic(node.left, kinds))
			report(node, "key", scope);
		else if (/^(Binary|Assignment)Expression$/.test(type) && /^\+=?$/.test(node.operator)) {
			if (kindOf(node.left, kinds) === "string" || kindOf(node.right, kinds) === "string") {
				report(node, "string-concat", scope);
				for (const part of [node.left, node.right]) if (part.operator === "+") spokenFor.add(part);
			}
		} else if (isMember(node)) {
			if (kindOf(node.object, kinds) === "string") report(node, "string-member", scope);
			else if (node.computed && isDynamic(node.property, kinds)) report(node, "key", scope);
		} else if (isCall(node)) {
			const rule = callRule(node, cold, allocators, kinds);
			if (rule) report(node, rule, scope);
			// With no observer the arguments are not evaluated.
			if (type === "OptionalCallExpression" && asksObserver(node.callee)) return visit(node.callee, scope);
		}
		const asks =
			(type === "IfStatement" && asksObserver(node.test)) ||
			(type === "LogicalExpression" && node.operator === "&&" && asksObserver(node.left));
		const name =
			isCall(node) || type === "NewExpression"
				? nameOf(node.callee)
				: nameOf(node.key ?? node.id ?? node.left);
		for (const child of children(node))
			if (!(asks && (child === node.consequent || child === node.right))) visit(child, scope, name);
	};

	const program = tree.program as unknown as Node;
	const kinds: Kinds = new Map();
	declare(program, kinds);
	declareMembers(program, kinds);
	visit(program, { method: "", hot: false, kinds, statement: 0 });
	for (const line of unused)
		findings.push({ line, method: "", rule: "comment", text: (lines[line - 1] as string).trim() });
	return findings;
}
