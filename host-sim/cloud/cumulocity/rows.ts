// SmartREST 2.0 rows: comma-separated columns, quotes where needed, line feeds between rows.

export interface Row {
	columns: string[];
	/** What is wrong with the row's quoting, if anything. */
	malformed?: string;
}

export type Quoting = "backslash" | "double";

const BLANK = new Set([" ", "\t"]);

class RowReader {
	private readonly text: string;
	private at = 0;

	constructor(text: string) {
		this.text = text;
	}

	read(): Row[] {
		const rows: Row[] = [];
		while (this.at < this.text.length) {
			const row = this.row();
			if (row.columns.length > 1 || row.columns[0] !== "" || row.malformed) rows.push(row);
		}
		return rows;
	}

	private row(): Row {
		const row: Row = { columns: [] };
		for (;;) {
			row.columns.push(this.column(row));
			const end = this.text[this.at++];
			if (end !== ",") return row;
		}
	}

	/** Leaves `at` on the comma or line feed that ends the column, or at the end of the text. */
	private column(row: Row): string {
		while (BLANK.has(this.text[this.at] ?? "")) this.at++;
		if (this.text[this.at] !== '"') return this.plain().trim();
		const value = this.quoted(row);
		if (this.plain().trim() !== "") row.malformed ??= "text after a closing quote";
		return value;
	}

	private plain(): string {
		const start = this.at;
		while (this.at < this.text.length && !",\n".includes(this.text[this.at] as string)) this.at++;
		return this.text.slice(start, this.at);
	}

	private quoted(row: Row): string {
		let value = "";
		this.at++;
		while (this.at < this.text.length) {
			const character = this.text[this.at++] as string;
			const next = this.text[this.at];
			if ((character === "\\" || character === '"') && next === '"') {
				value += '"';
				this.at++;
			} else if (character === '"') {
				return value;
			} else {
				// A backslash before anything else is a backslash.
				value += character;
			}
		}
		row.malformed ??= "a quote is not closed";
		return value;
	}
}

export function parseRows(text: string): Row[] {
	return new RowReader(text).read();
}

function quote(value: string, quoting: Quoting): string {
	if (!/[",\n\r\t]|^\s|\s$/.test(value)) return value;
	return `"${value.replaceAll('"', quoting === "backslash" ? '\\"' : '""')}"`;
}

export function formatRow(columns: readonly string[], quoting: Quoting): string {
	return columns.map((column) => quote(column, quoting)).join(",");
}
