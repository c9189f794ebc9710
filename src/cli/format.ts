import { isJsonObject, type JsonObject, type JsonValue } from "../base/json.ts";
import { stringifyJson } from "../base/json-write.ts";

/**
 * How data looks on stdout. `json` is one document, `jsonl` one line for each row, `table`
 * is for people: it may change, and a program that reads it does so at its own risk.
 */
export const OUTPUT_FORMATS = ["table", "json", "jsonl"] as const;
export type OutputFormat = (typeof OUTPUT_FORMATS)[number];

export interface Column {
  readonly title: string;
  /** The row's cell; undefined shows as "-". */
  readonly cell: (row: JsonObject) => JsonValue | undefined;
}

/** Members of rows, as columns of the same names. */
export function columns(...names: string[]): readonly Column[] {
  return names.map((name) => ({ title: name, cell: (row: JsonObject) => row[name] }));
}

/** A member of Unix milliseconds, as a date; 0 stands for no time. */
export function timeColumn(name: string): Column {
  return { title: name, cell: ({ [name]: time }) => dateOf(time) };
}

function dateOf(time: JsonValue | undefined): string | undefined {
  return typeof time === "number" && time > 0 ? new Date(time).toISOString() : undefined;
}

/** A list: rows under their columns, or the rows themselves. */
export function renderRows(
  format: OutputFormat,
  rows: readonly JsonObject[],
  columns: readonly Column[],
  bold: (text: string) => string = (text) => text,
): string {
  if (format === "jsonl") return rows.map((row) => `${stringifyJson(row)}\n`).join("");
  if (format === "json") return `${stringifyJson(rows, { indent: 2 })}\n`;
  const cells = rows.map((row) => columns.map((column) => cellText(column.cell(row))));
  const titles = columns.map((column) => column.title);
  const widths = titles.map((title, i) =>
    Math.max(Bun.stringWidth(title), ...cells.map((line) => Bun.stringWidth(line[i] ?? ""))),
  );
  const line = (texts: readonly string[]) =>
    texts
      .map((text, i) => text + " ".repeat(Math.max(0, (widths[i] ?? 0) - Bun.stringWidth(text))))
      .join("  ")
      .trimEnd();
  return `${[bold(line(titles)), ...cells.map(line)].join("\n")}\n`;
}

/**
 * One thing: a line for each of its values, nested names joined by dots. For people, members of
 * it that are named as times are dates, as in a {@link timeColumn}.
 */
export function renderRecord(
  format: OutputFormat,
  record: JsonObject,
  times: readonly string[] = [],
): string {
  if (format === "jsonl") return `${stringifyJson(record)}\n`;
  if (format === "json") return `${stringifyJson(record, { indent: 2 })}\n`;
  const dated = Object.entries(record).map(([name, value]) =>
    times.includes(name) ? [name, dateOf(value) ?? null] : [name, value],
  );
  const lines = flatten(Object.fromEntries(dated), "");
  const width = Math.max(0, ...lines.map(([name]) => Bun.stringWidth(name)));
  return lines.map(([name, value]) => `${name.padEnd(width)}  ${value}\n`).join("");
}

/** A value in one line, with what would steer a terminal written as escapes. */
export function cellText(value: JsonValue | undefined): string {
  if (value === undefined || value === null) return "-";
  if (typeof value === "string") return value === "" ? '""' : printable(value);
  return printable(stringifyJson(value));
}

/** Control characters (line ends and escape sequences among them) as \xNN, so that stored text cannot steer a terminal. */
export function printable(text: string): string {
  return text.replace(
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g,
    (char) => {
      const code = char.charCodeAt(0);
      return code < 0x100
        ? `\\x${code.toString(16).padStart(2, "0")}`
        : `\\u${code.toString(16).padStart(4, "0")}`;
    },
  );
}

/** A line of a list that has no end, so that nobody knows how wide its cells will be. */
export function streamLine(cells: readonly string[], widths: readonly number[]): string {
  return cells
    .map((cell, i) => cell.padEnd(widths[i] ?? 0))
    .join("  ")
    .trimEnd();
}

function flatten(record: JsonObject, prefix: string): [string, string][] {
  return Object.entries(record).flatMap(([key, value]) =>
    isJsonObject(value) && Object.keys(value).length > 0
      ? flatten(value, `${prefix}${printable(key)}.`)
      : [[`${prefix}${printable(key)}`, cellText(value)] as [string, string]],
  );
}
