import type { JsonObject } from "../base/json.ts";
import type { Column } from "./format.ts";

/** Snapshots as a table shows them, whoever listed them. */
export const SNAPSHOT_COLUMNS: readonly Column[] = [
  "snapshot_id",
  "tenant_id",
  "wal_position",
  "bytes",
  "schema_fingerprint",
].map((name) => ({ title: name, cell: (row: JsonObject) => row[name] }));
