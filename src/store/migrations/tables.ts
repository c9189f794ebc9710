/**
 * The tables of a tenant's `canonical.db` (`src/store/DESIGN.md` explains them): the graph itself,
 * and what every view knows of itself. STRICT throughout: a value of another type is an error,
 * never a silent change. `any` columns hold a field's value in SQLite's own type for its kind.
 */
export const GRAPH_TABLES = `
CREATE TABLE view_state (
  only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
  tenant_id TEXT NOT NULL,
  incarnation INTEGER NOT NULL,
  log_id TEXT NOT NULL,
  applied_offset INTEGER NOT NULL,
  applied_log_time INTEGER NOT NULL,
  outcome_digest BLOB NOT NULL
) STRICT;

CREATE TABLE nodes (
  id TEXT NOT NULL PRIMARY KEY,
  type_id INTEGER NOT NULL,
  owner_actor TEXT NOT NULL,
  version INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  deleted INTEGER NOT NULL,
  fields BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX live_nodes ON nodes (type_id, id) WHERE deleted = 0;
CREATE INDEX deleted_nodes ON nodes (type_id, id) WHERE deleted = 1;

CREATE TABLE unique_values (
  type_id INTEGER NOT NULL,
  key_id INTEGER NOT NULL,
  value ANY NOT NULL,
  node_id TEXT NOT NULL,
  PRIMARY KEY (type_id, key_id, value)
) STRICT, WITHOUT ROWID;

CREATE TABLE field_values (
  type_id INTEGER NOT NULL,
  field_id INTEGER NOT NULL,
  value ANY NOT NULL,
  node_id TEXT NOT NULL,
  PRIMARY KEY (type_id, field_id, value, node_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE edges (
  from_id TEXT NOT NULL,
  edge_type_id INTEGER NOT NULL,
  to_id TEXT NOT NULL,
  id TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  fields BLOB NOT NULL,
  PRIMARY KEY (from_id, edge_type_id, to_id)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX edges_by_id ON edges (id);
CREATE INDEX edges_by_target ON edges (to_id, edge_type_id, from_id);

CREATE TABLE schemas (
  applied_offset INTEGER NOT NULL PRIMARY KEY,
  fingerprint TEXT NOT NULL,
  definition TEXT NOT NULL
) STRICT;

CREATE TABLE known_fingerprints (
  fingerprint TEXT NOT NULL PRIMARY KEY,
  applied_offset INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE applied_events (
  idempotency_key TEXT NOT NULL PRIMARY KEY,
  actor TEXT NOT NULL,
  request_hash BLOB NOT NULL,
  result BLOB NOT NULL,
  wording TEXT,
  position INTEGER NOT NULL,
  applied_at INTEGER NOT NULL,
  expires_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX applied_events_by_expiry ON applied_events (expires_at) WHERE expires_at IS NOT NULL;
`;
