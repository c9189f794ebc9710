import type { Database } from "bun:sqlite";
import { createHash, type Hash } from "node:crypto";

/**
 * What "byte-equal" means for two views: the same rows in the same tables, whatever
 * SQLite made of them on disk. Declared columns in key order; never rowids, pages or
 * local bookkeeping. `wording` is for people and may differ between releases.
 */
interface HashedTable {
  readonly name: string;
  readonly sql: string;
}

const TABLES: readonly HashedTable[] = [
  {
    name: "view_state",
    sql: `SELECT tenant_id, incarnation, log_id, applied_offset, applied_log_time, outcome_digest
      FROM view_state ORDER BY only_row`,
  },
  {
    name: "nodes",
    sql: `SELECT id, type_id, owner_actor, version, created_at, updated_at, deleted, fields
      FROM nodes ORDER BY id`,
  },
  {
    name: "unique_values",
    sql: `SELECT type_id, key_id, value, node_id
      FROM unique_values ORDER BY type_id, key_id, value`,
  },
  {
    name: "field_values",
    sql: `SELECT type_id, field_id, value, node_id
      FROM field_values ORDER BY type_id, field_id, value, node_id`,
  },
  {
    name: "edges",
    sql: `SELECT id, edge_type_id, from_id, to_id, created_at, updated_at, fields
      FROM edges ORDER BY from_id, edge_type_id, to_id`,
  },
  {
    name: "schemas",
    sql: `SELECT applied_offset, fingerprint, definition
      FROM schemas ORDER BY applied_offset`,
  },
  {
    name: "known_fingerprints",
    sql: `SELECT fingerprint, applied_offset
      FROM known_fingerprints ORDER BY fingerprint`,
  },
  { name: "mailed_nodes", sql: "SELECT node_id FROM mailed_nodes ORDER BY node_id" },
  {
    name: "applied_events",
    sql: `SELECT idempotency_key, actor, request_hash, result, position, applied_at, expires_at
      FROM applied_events ORDER BY idempotency_key`,
  },
  {
    name: "grants",
    sql: `SELECT node_id, principal, permission, expires_at
      FROM grants ORDER BY node_id, principal, permission`,
  },
  {
    name: "readers",
    sql: `SELECT principal, type_id, node_id, expires_at
      FROM readers ORDER BY principal, type_id, node_id`,
  },
  { name: "roles", sql: "SELECT name, rights FROM roles ORDER BY name" },
  { name: "members", sql: "SELECT principal FROM members ORDER BY principal" },
  {
    name: "member_roles",
    sql: "SELECT principal, role FROM member_roles ORDER BY principal, role",
  },
  { name: "member_groups", sql: "SELECT name FROM member_groups ORDER BY name" },
  {
    name: "group_members",
    sql: "SELECT group_name, member FROM group_members ORDER BY group_name, member",
  },
  { name: "settings", sql: "SELECT name, value FROM settings ORDER BY name" },
  {
    name: "audit",
    sql: `SELECT position, seq, at, action, tenant_id, actor, credential, outcome, count, details
      FROM audit ORDER BY position, seq`,
  },
  {
    name: "changes",
    sql: `SELECT position, seq, kind, changed_at, actor, node_id, type_id, version, edge_id,
        edge_type_id, from_id, to_id, readers
      FROM changes ORDER BY position, seq`,
  },
  {
    name: "aggregates",
    sql: "SELECT aggregate, aggregate_id, aggregate_type FROM aggregates ORDER BY aggregate",
  },
  {
    name: "events",
    sql: `SELECT global_nonce, aggregate, aggregate_nonce, event_id, event_type, recorded_at,
        append_size, append_key, metadata, tags, payload
      FROM events ORDER BY global_nonce`,
  },
  {
    name: "event_tags",
    sql: "SELECT tag, global_nonce FROM event_tags ORDER BY tag, global_nonce",
  },
  {
    name: "event_type_blocks",
    sql: "SELECT event_type, block FROM event_type_blocks ORDER BY event_type, block",
  },
  {
    name: "aggregate_grants",
    sql: "SELECT aggregate_type, grants FROM aggregate_grants ORDER BY aggregate_type",
  },
  {
    name: "consumers",
    sql: `SELECT consumer, owner_actor, global_nonce, updated_at
      FROM consumers ORDER BY consumer`,
  },
];

/** In a tenant's `mailbox.db` only. */
const MAILBOX_TABLES: readonly HashedTable[] = [
  {
    name: "items",
    sql: `SELECT i.id, i.owner, i.position, i.seq, i.node_id, i.type_id, i.delivered_at, i.read,
        i.snippet, i.thread, i.metadata, i.sender, t.owner AS token, t.text
      FROM items i JOIN mail_text t ON t.rowid = i.item ORDER BY i.owner, i.position, i.seq`,
  },
  { name: "unread_counts", sql: "SELECT owner, unread FROM unread_counts ORDER BY owner" },
];

/** In the file of `_system` only. */
const SYSTEM_TABLES: readonly HashedTable[] = [
  {
    name: "tenants",
    sql: `SELECT tenant_id, incarnation, partition, directory, state, created_offset, created_at,
        requests_per_second, request_burst
      FROM tenants ORDER BY tenant_id`,
  },
  {
    name: "api_keys",
    sql: `SELECT key_id, secret_hash, tenant_id, incarnation, actor, may_act_as, roles, name,
        created_at, expires_at, revoked_at
      FROM api_keys ORDER BY key_id`,
  },
];

/** Rows between two yields: what one slice of work is. */
const SLICE_ROWS = 2_000;

/** SHA-256 over all tables as 64 hexadecimal digits. Yields between slices; run it in one read transaction. */
export function* contentHash(db: Database): Generator<void, string> {
  const whole = createHash("sha256");
  for (const table of [...TABLES, ...MAILBOX_TABLES, ...SYSTEM_TABLES]) {
    if (!hasTable(db, table.name)) continue;
    whole.update(`${table.name}\n`);
    whole.update(yield* tableHash(db, table));
  }
  return whole.digest("hex");
}

function* tableHash(db: Database, table: HashedTable): Generator<void, Uint8Array> {
  const hash = createHash("sha256");
  const statement = db.prepare(table.sql);
  let rows = 0;
  try {
    for (const row of statement.iterate()) {
      for (const value of Object.values(row as Record<string, unknown>)) update(hash, value);
      rows += 1;
      if (rows % SLICE_ROWS === 0) yield;
    }
  } finally {
    statement.finalize();
  }
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
