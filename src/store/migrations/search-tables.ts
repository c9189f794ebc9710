import { FTS_TOKENIZER } from "../fts-query.ts";

/** Fields that the index has a place for: twice as many as a type may have, so that new ones never take the place of one that readers still use. */
export const SEARCH_SLOTS = 32;

/** The index's column of a slot, 1 to {@link SEARCH_SLOTS}. */
export function slotColumn(slot: number): string {
  return `c${slot}`;
}

/** The word by which the index knows a type. */
export function typeWord(typeId: number): string {
  return `t${typeId}`;
}

const SLOT_COLUMNS = Array.from({ length: SEARCH_SLOTS }, (_, i) => slotColumn(i + 1)).join(", ");

/**
 * The words of live nodes in fields that are declared searchable. Made when a tenant first has
 * such a field, since most never do and an empty index is half a dozen tables.
 *
 * One index for all types: `type` holds the word `t` and the type's number, so that a search in
 * one type reads that type's rows only, and each searchable field of a type has one of the
 * columns `c1` to `c32`, as `search_columns` says. `search_rows` gives a node its row.
 */
export const SEARCH_TABLES = `
CREATE TABLE IF NOT EXISTS search_columns (
  type_id INTEGER NOT NULL,
  field_id INTEGER NOT NULL,
  slot INTEGER NOT NULL,
  PRIMARY KEY (type_id, field_id),
  UNIQUE (type_id, slot)
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS search_rows (
  row INTEGER PRIMARY KEY,
  node_id TEXT NOT NULL UNIQUE,
  type_id INTEGER NOT NULL
) STRICT;

CREATE VIRTUAL TABLE IF NOT EXISTS node_search
  USING fts5(type, ${SLOT_COLUMNS}, tokenize = '${FTS_TOKENIZER}');
`;
