import { cpus } from "node:os";
import { buildInfo } from "../../base/build-info.ts";
import type { JsonObject } from "../../base/json.ts";
import type { CliContext } from "../context.ts";
import type { Column, OutputFormat } from "../format.ts";
import type { Result } from "./run-bench.ts";
import { MEASURES } from "./workload.ts";

/** What figures were measured on, in the order in which it is shown; no figure is shown without it. */
export type Setting = JsonObject & { readonly durability: string };

/** This program, by version and commit. */
export const THIS_VERSION = `${buildInfo.version} (${buildInfo.commit})`;

/** What is so of every run: this machine, and the way in which it asks. */
export function clientSetting(): JsonObject {
  const processors = cpus();
  return {
    processors: `${processors.length} × ${processors[0]?.model.trim() || "unknown"}`,
    client: "one process, REST over HTTP/1.1, connections kept",
  };
}

/** For people the setting and a table for each measure; one document as JSON; as JSON lines the setting in every line. */
export async function writeReport(
  { output }: CliContext,
  format: OutputFormat,
  setting: Setting,
  results: readonly Result[],
): Promise<void> {
  const rows = results.map(resultToJson);
  if (format === "json") return await output.record(format, { ...setting, results: rows });
  if (format === "jsonl") {
    const lines = rows.map((row) => ({ ...row, ...setting }));
    return await output.rows(format, lines, []);
  }
  await output.record(format, setting);
  for (const [measure, what] of Object.entries(MEASURES)) {
    const ofMeasure = rows.filter((row) => row["measure"] === measure);
    if (ofMeasure.length === 0) continue;
    await output.text(`\n${measure}: ${what}\n`);
    await output.rows(format, ofMeasure, COLUMNS);
  }
}

const COLUMNS: readonly Column[] = [
  { title: "in flight", cell: (row) => row["in_flight"] },
  { title: "per second", cell: (row) => Math.round(Number(row["per_second"])) },
  { title: "p50 ms", cell: (row) => Number(row["p50_ms"]).toFixed(2) },
  { title: "p99 ms", cell: (row) => Number(row["p99_ms"]).toFixed(2) },
  {
    title: "client",
    cell: (row) => `${Math.round(Number(row["client_cpu"]) * 100)} % of a processor`,
  },
];

function resultToJson(result: Result): JsonObject {
  const { measure, inFlight, calls, seconds, callsPerSecond, p50Ms, p99Ms, clientCpu } = result;
  return {
    measure,
    in_flight: inFlight,
    calls,
    seconds: rounded(seconds, 3),
    per_second: rounded(callsPerSecond, 1),
    p50_ms: rounded(p50Ms, 3),
    p99_ms: rounded(p99Ms, 3),
    client_cpu: rounded(clientCpu, 2),
  };
}

function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
