import { isJsonObject, type JsonObject } from "../base/json.ts";

/** How far a schema is that is being applied to the nodes that are there, as a line of text; undefined: none is. */
export function buildNote({ build }: JsonObject): string | undefined {
  if (build === undefined || !isJsonObject(build)) return undefined;
  const { wal_position: position, step, rows_done: done, rows_total: total } = build;
  return `the schema of record ${position} is being applied: ${step}, ${done} of ${total} rows`;
}
