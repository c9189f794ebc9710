/**
 * What was done, in a tenant's `canonical.db`: `changes` for those who watch, kept for a while;
 * `audit` for those who must account for it, kept for ever. `seq` counts within one record.
 *
 * `kind` is the number of `entdb.v1.ChangeKind`. `readers` is filled for a purged node only:
 * the principals who could read it until then, as a JSON list, since its grants are gone.
 */
export const CHANGE_TABLES = `
CREATE TABLE changes (
  position INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  kind INTEGER NOT NULL,
  changed_at INTEGER NOT NULL,
  actor TEXT NOT NULL,
  node_id TEXT,
  type_id INTEGER,
  version INTEGER,
  edge_id TEXT,
  edge_type_id INTEGER,
  from_id TEXT,
  to_id TEXT,
  readers TEXT,
  PRIMARY KEY (position, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE audit (
  position INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  at INTEGER NOT NULL,
  action TEXT NOT NULL,
  tenant_id TEXT NOT NULL,
  actor TEXT NOT NULL,
  credential TEXT NOT NULL,
  outcome TEXT NOT NULL,
  count INTEGER NOT NULL,
  details TEXT NOT NULL,
  PRIMARY KEY (position, seq)
) STRICT, WITHOUT ROWID;

CREATE INDEX audit_by_time ON audit (at, position, seq);
`;
