/** Finds what has expired without a look at what never will. Also for files of before there was it. */
export const EXPIRING_READERS = `
CREATE INDEX IF NOT EXISTS expiring_readers ON readers (principal, expires_at)
  WHERE expires_at IS NOT NULL;
`;

/**
 * Who may do what, in a tenant's `canonical.db`.
 *
 * `grants` is what was granted. `readers` is made from it and from the owners: which nodes of
 * a type a principal may read, so that a query of somebody who may read few need not look at
 * many. Its `expires_at` is the latest of the principal's grants on the node; null: never.
 * Both hold deleted nodes too, and lose a node when it is purged.
 */
export const ACCESS_TABLES = `
CREATE TABLE grants (
  node_id TEXT NOT NULL,
  principal TEXT NOT NULL,
  permission INTEGER NOT NULL,
  expires_at INTEGER,
  PRIMARY KEY (node_id, principal, permission)
) STRICT, WITHOUT ROWID;

CREATE TABLE readers (
  principal TEXT NOT NULL,
  type_id INTEGER NOT NULL,
  node_id TEXT NOT NULL,
  expires_at INTEGER,
  PRIMARY KEY (principal, type_id, node_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE roles (
  name TEXT NOT NULL PRIMARY KEY,
  rights TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE members (
  principal TEXT NOT NULL PRIMARY KEY
) STRICT, WITHOUT ROWID;

CREATE TABLE member_roles (
  principal TEXT NOT NULL,
  role TEXT NOT NULL,
  PRIMARY KEY (principal, role)
) STRICT, WITHOUT ROWID;

CREATE TABLE member_groups (
  name TEXT NOT NULL PRIMARY KEY
) STRICT, WITHOUT ROWID;

CREATE TABLE group_members (
  group_name TEXT NOT NULL,
  member TEXT NOT NULL,
  PRIMARY KEY (group_name, member)
) STRICT, WITHOUT ROWID;

CREATE INDEX groups_of_member ON group_members (member, group_name);

CREATE TABLE settings (
  name TEXT NOT NULL PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
`;
