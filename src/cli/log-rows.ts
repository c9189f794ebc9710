import type { JsonObject } from "../base/json.ts";
import { stringifyJson } from "../base/json-write.ts";
import type { LogRecord } from "../wal/wal.ts";
import { cellText, type OutputFormat } from "./format.ts";
import { logLine } from "./log-line.ts";

/** Text for records as they come: a log can be longer than memory. */
export interface LogRows {
  /** Records whose tenant cannot be told are shown whatever tenant is asked for. */
  add(
    records: readonly LogRecord[],
    tenantId: string | undefined,
  ): { readonly text: string; readonly undecodable: number };
  /** What ends the output. */
  tail(): string;
}

export function logRows(format: OutputFormat): LogRows {
  const style = STYLES[format];
  let shown = 0;
  return {
    add(records, tenantId) {
      let text = "";
      let undecodable = 0;
      for (const line of records.map(logLine)) {
        const isKnown = "tenant_id" in line;
        if (isKnown && tenantId !== undefined && line["tenant_id"] !== tenantId) continue;
        if ("error" in line) undecodable++;
        text += (shown++ === 0 ? style.head : style.between) + style.line(line);
      }
      return { text, undecodable };
    },
    tail: () => (shown === 0 ? style.none : style.end),
  };
}

interface Style {
  readonly head: string;
  readonly between: string;
  readonly line: (line: JsonObject) => string;
  readonly end: string;
  readonly none: string;
}

const WIDTHS = [10, 24, 20, 20];

const STYLES: Readonly<Record<OutputFormat, Style>> = {
  jsonl: { head: "", between: "", line: (line) => `${stringifyJson(line)}\n`, end: "", none: "" },
  json: {
    head: "[\n",
    between: ",\n",
    line: (line) => stringifyJson(line),
    end: "\n]\n",
    none: "[]\n",
  },
  table: {
    head: `${columns(["offset", "log time", "tenant", "actor", "what"])}\n`,
    between: "",
    line: (line) => `${columns(tableCells(line))}\n`,
    end: "",
    none: "",
  },
};

function columns(cells: readonly string[]): string {
  return cells
    .map((cell, i) => cell.padEnd(WIDTHS[i] ?? 0))
    .join("  ")
    .trimEnd();
}

function tableCells(line: JsonObject): string[] {
  const time = new Date(Number(line["log_time"])).toISOString();
  return [
    cellText(line["offset"]),
    time,
    cellText(line["tenant_id"]),
    cellText(line["actor"]),
    whatOf(line),
  ];
}

/** `create_node ×2, create_edge`, or why there is nothing to say. */
function whatOf(line: JsonObject): string {
  if ("error" in line) return cellText(`not decodable: ${String(line["error"])}`);
  const operations = line["operations"];
  if (!Array.isArray(operations)) return cellText(line["kind"]);
  const counts = new Map<string, number>();
  for (const { op } of operations as { op: string }[]) counts.set(op, (counts.get(op) ?? 0) + 1);
  return [...counts].map(([op, count]) => (count === 1 ? op : `${op} ×${count}`)).join(", ");
}
