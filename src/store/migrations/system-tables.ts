/**
 * In the file of `_system` only: which tenants there are, where, with which limits, and the
 * keys. A deleted tenant keeps its row (state `deleted`), so that the next life of its id gets
 * another incarnation. `state` is `active`, `suspended` or `deleted`.
 */
export const SYSTEM_TABLES = `
CREATE TABLE tenants (
  tenant_id TEXT NOT NULL PRIMARY KEY,
  incarnation INTEGER NOT NULL,
  partition INTEGER NOT NULL,
  directory TEXT NOT NULL UNIQUE,
  state TEXT NOT NULL,
  created_offset INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  requests_per_second INTEGER,
  request_burst INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE api_keys (
  key_id TEXT NOT NULL PRIMARY KEY,
  secret_hash BLOB NOT NULL,
  tenant_id TEXT NOT NULL,
  incarnation INTEGER NOT NULL,
  actor TEXT NOT NULL,
  may_act_as TEXT NOT NULL,
  roles TEXT NOT NULL,
  name TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER,
  revoked_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX api_keys_of_tenant ON api_keys (tenant_id, incarnation, key_id);
CREATE INDEX audit_of_tenant ON audit (tenant_id, at, position, seq);
`;
