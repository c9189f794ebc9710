import type { Database } from "bun:sqlite";
import type { TestPartition } from "./partition.ts";

/**
 * What a tenant's view declares, to be held against another's; `outcomes` apart, since a
 * refusal is remembered and changes nothing else. Read on the view's own connection: a file
 * that is opened and closed beside it would drop SQLite's locks.
 */
export interface ViewRows {
  readonly rows: Readonly<Record<string, unknown[][]>>;
  readonly outcomes: unknown[][];
}

const ROWS = {
  nodes: "SELECT * FROM nodes ORDER BY id",
  edges: "SELECT * FROM edges ORDER BY from_id, edge_type_id, to_id",
  unique_values: "SELECT * FROM unique_values ORDER BY type_id, key_id, value",
  field_values: "SELECT * FROM field_values ORDER BY type_id, field_id, value, node_id",
  schemas: "SELECT * FROM schemas ORDER BY applied_offset",
  known_fingerprints: "SELECT * FROM known_fingerprints ORDER BY fingerprint",
  schema_build: "SELECT * FROM schema_build",
};

export function viewRows(partition: TestPartition, tenantId: string): ViewRows {
  const store = partition.partition.stores.open(tenantId);
  if (store === undefined) throw new Error(`there is no tenant ${tenantId}`);
  const db = store.readConnection;
  const all = (sql: string) => db.query(sql).values() as unknown[][];
  const rows = Object.fromEntries(Object.entries(ROWS).map(([name, sql]) => [name, all(sql)]));
  const outcomes = [
    ...all("SELECT applied_offset, outcome_digest FROM view_state"),
    ...all("SELECT idempotency_key, result, position FROM applied_events ORDER BY idempotency_key"),
    ...all("SELECT * FROM changes ORDER BY position, seq"),
    ...all("SELECT * FROM audit ORDER BY position, seq"),
  ];
  return { rows: { ...rows, search_rows: searchRows(db) }, outcomes };
}

/** Which nodes have words; nobody has any before a field is searchable. */
function searchRows(db: Database): unknown[][] {
  const found = db.query("SELECT 1 FROM sqlite_schema WHERE name = 'search_rows'").get();
  if (found === null) return [];
  return db.query("SELECT node_id, type_id FROM search_rows ORDER BY node_id").values();
}

/** The hash that says whether two views of one log are the same. */
export function contentHash(partition: TestPartition, tenantId: string): Promise<string> {
  const store = partition.partition.stores.open(tenantId);
  if (store === undefined) throw new Error(`there is no tenant ${tenantId}`);
  const never = new AbortController().signal;
  return partition.partition.workers.run(store.readFile, { kind: "content_hash" }, never);
}
