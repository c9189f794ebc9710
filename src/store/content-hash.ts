import type { Database } from "bun:sqlite";
import { createHash, type Hash } from "node:crypto";

/**
 * What "byte-equal" means for two views: the same rows in the same tables, whatever
 * SQLite made of them on disk. Declared columns in key order; never rowids, pages or
 * local bookkeeping. `wording` is for people and may differ between releases.
 */
interface HashedTable {
  readonly name: string;
  readonly columns: string;
  readonly key: string;
}

const TABLES: readonly HashedTable[] = [
  {
    name: "view_state",
    columns: "tenant_id, incarnation, log_id, applied_offset, applied_log_time, outcome_digest",
    key: "only_row",
  },
  {
    name: "nodes",
    columns: "id, type_id, owner_actor, version, created_at, updated_at, deleted, fields",
    key: "id",
  },
  {
    name: "unique_values",
    columns: "type_id, key_id, value, node_id",
    key: "type_id, key_id, value",
  },
  {
    name: "field_values",
    columns: "type_id, field_id, value, node_id",
    key: "type_id, field_id, value, node_id",
  },
  {
    name: "edges",
    columns: "id, edge_type_id, from_id, to_id, created_at, updated_at, fields",
    key: "from_id, edge_type_id, to_id",
  },
  { name: "schemas", columns: "applied_offset, fingerprint, definition", key: "applied_offset" },
  {
    name: "applied_events",
    columns: "idempotency_key, request_hash, result, position, applied_at, expires_at",
    key: "idempotency_key",
  },
];

const CATALOG_TABLE: HashedTable = {
  name: "tenants",
  columns: "tenant_id, incarnation, partition, directory, state, created_offset, created_at",
  key: "tenant_id",
};

/** Rows between two yields: what one slice of work is. */
const SLICE_ROWS = 2_000;

/** SHA-256 over all tables as 64 hexadecimal digits. Yields between slices; run it in one read transaction. */
export function* contentHash(db: Database): Generator<void, string> {
  const whole = createHash("sha256");
  for (const table of [...TABLES, CATALOG_TABLE]) {
    if (!hasTable(db, table.name)) continue;
    whole.update(`${table.name}\n`);
    whole.update(yield* tableHash(db, table));
  }
  return whole.digest("hex");
}

function* tableHash(db: Database, table: HashedTable): Generator<void, Uint8Array> {
  const hash = createHash("sha256");
  const statement = db.prepare(`SELECT ${table.columns} FROM ${table.name} ORDER BY ${table.key}`);
  let rows = 0;
  for (const row of statement.iterate()) {
    for (const value of Object.values(row as Record<string, unknown>)) update(hash, value);
    rows += 1;
    if (rows % SLICE_ROWS === 0) yield;
  }
  statement.finalize();
  return hash.digest();
}

/** Every value behind its type and length, so that no two different rows run together to the same bytes. */
function update(hash: Hash, value: unknown): void {
  if (value === null) return void hash.update("n;");
  if (value instanceof Uint8Array) return void hash.update(`b${value.length};`).update(value);
  if (typeof value === "string") {
    return void hash.update(`t${Buffer.byteLength(value)};`).update(value);
  }
  hash.update(typeof value === "bigint" ? `i${value};` : `r${String(value)};`);
}

function hasTable(db: Database, name: string): boolean {
  const found = db.query("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?").get(name);
  return found !== null;
}
