import { FTS_TOKENIZER } from "../fts-query.ts";

/**
 * In a tenant's `canonical.db`: what its mailboxes must still be told. A row is written in the
 * transaction of the record that it comes of and goes once `mailbox.db` has it on disk;
 * `mail_outbox_trimmed` says up to which row that has been done. Both are the view's own
 * bookkeeping. `mailed_nodes` are the nodes that items may be of, so that nobody else's updates
 * leave rows here.
 */
export const OUTBOX_TABLES = `
CREATE TABLE mail_outbox (
  position INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  effect TEXT NOT NULL,
  PRIMARY KEY (position, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE mail_outbox_trimmed (
  only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
  position INTEGER NOT NULL,
  seq INTEGER NOT NULL
) STRICT;

CREATE TABLE mailed_nodes (
  node_id TEXT NOT NULL PRIMARY KEY
) STRICT, WITHOUT ROWID;
`;

/**
 * The tables of a tenant's `mailbox.db`, format 1. `position` and `seq` in `mailbox_state` name
 * the last row of the outbox that is in here, and `part_count` what has been done already of the
 * row behind it, when that is a large one.
 *
 * `item` grows with every delivery: it is the row of `mail_text`, where `owner` holds one token
 * that stands for the owner, so that a search walks nobody else's items.
 */
export const MAILBOX_TABLES = `
CREATE TABLE mailbox_state (
  only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
  tenant_id TEXT NOT NULL,
  incarnation INTEGER NOT NULL,
  log_id TEXT NOT NULL,
  position INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  part_count INTEGER NOT NULL
) STRICT;

CREATE TABLE items (
  item INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  owner TEXT NOT NULL,
  position INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  node_id TEXT NOT NULL,
  type_id INTEGER NOT NULL,
  delivered_at INTEGER NOT NULL,
  read INTEGER NOT NULL,
  snippet TEXT NOT NULL,
  thread TEXT NOT NULL,
  metadata TEXT NOT NULL,
  sender TEXT NOT NULL
) STRICT;

CREATE INDEX items_of_owner ON items (owner, position, seq);
CREATE INDEX unread_items ON items (owner, position, seq) WHERE read = 0;
CREATE INDEX items_by_type ON items (owner, type_id, position, seq);
CREATE INDEX items_by_thread ON items (owner, thread, position, seq) WHERE thread <> '';
CREATE INDEX items_of_node ON items (node_id);

CREATE TABLE unread_counts (
  owner TEXT NOT NULL PRIMARY KEY,
  unread INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE change_counts (
  position INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY (position, seq)
) STRICT, WITHOUT ROWID;

CREATE VIRTUAL TABLE mail_text USING fts5(owner, text, tokenize = '${FTS_TOKENIZER}');
`;
