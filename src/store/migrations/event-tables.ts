/**
 * The event store, in a tenant's `canonical.db`. `events` is in the order of global nonces;
 * `aggregate` is the row of its aggregate, `append_size` how many events its append had, in the
 * first of them, and 0 in the others; `append_key` stands in the first too. `metadata` is the
 * encoding of `src/record/event-metadata.ts`, `tags` a JSON list or null.
 *
 * `event_id_runs` finds an event by its id (`writer/id-runs.ts`). `event_type_blocks` says in which blocks of 256 global nonces a type occurs, so
 * that events of a rare type are found without a look at all, and an append pays next to nothing.
 *
 * The triggers are the law of the store for everybody who opens the file, not only for EntDB:
 * events and aggregates are never changed nor removed, and what is added has the next number. A
 * REPLACE would remove rows without asking the triggers for that, so they also refuse what
 * would be replaced.
 */
export const EVENT_TABLES = `
CREATE TABLE aggregates (
  aggregate INTEGER PRIMARY KEY,
  aggregate_id TEXT NOT NULL UNIQUE,
  aggregate_type TEXT NOT NULL
) STRICT;

CREATE INDEX aggregates_by_type ON aggregates (aggregate_type, aggregate_id);

CREATE TABLE events (
  global_nonce INTEGER PRIMARY KEY,
  aggregate INTEGER NOT NULL,
  aggregate_nonce INTEGER NOT NULL,
  event_id TEXT NOT NULL,
  event_type TEXT NOT NULL,
  recorded_at INTEGER NOT NULL,
  append_size INTEGER NOT NULL,
  append_key TEXT,
  metadata BLOB NOT NULL,
  tags TEXT,
  payload BLOB NOT NULL
) STRICT;

CREATE UNIQUE INDEX events_of_aggregate ON events (aggregate, aggregate_nonce);
CREATE UNIQUE INDEX appends_by_key ON events (aggregate, append_key) WHERE append_key IS NOT NULL;

CREATE TABLE event_tags (
  tag TEXT NOT NULL,
  global_nonce INTEGER NOT NULL,
  PRIMARY KEY (tag, global_nonce)
) STRICT, WITHOUT ROWID;

CREATE TABLE event_type_blocks (
  event_type TEXT NOT NULL,
  block INTEGER NOT NULL,
  PRIMARY KEY (event_type, block)
) STRICT, WITHOUT ROWID;

CREATE TABLE aggregate_grants (
  aggregate_type TEXT NOT NULL PRIMARY KEY,
  grants TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE consumers (
  consumer TEXT NOT NULL PRIMARY KEY,
  owner_actor TEXT NOT NULL,
  global_nonce INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TRIGGER events_are_kept BEFORE DELETE ON events
BEGIN SELECT RAISE(ABORT, 'events are never deleted'); END;

CREATE TRIGGER events_are_immutable BEFORE UPDATE ON events
BEGIN SELECT RAISE(ABORT, 'events are never changed'); END;

CREATE TRIGGER aggregates_are_kept BEFORE DELETE ON aggregates
BEGIN SELECT RAISE(ABORT, 'aggregates are never deleted'); END;

CREATE TRIGGER aggregates_are_immutable BEFORE UPDATE ON aggregates
BEGIN SELECT RAISE(ABORT, 'aggregates are never changed'); END;

CREATE TRIGGER aggregates_follow_on_each_other BEFORE INSERT ON aggregates
BEGIN
  SELECT RAISE(ABORT, 'the row of the aggregate is not the next one')
  WHERE NEW.aggregate IS NOT (SELECT coalesce(max(aggregate), 0) + 1 FROM aggregates);
  SELECT RAISE(ABORT, 'the aggregate exists')
  WHERE EXISTS (SELECT 1 FROM aggregates WHERE aggregate_id = NEW.aggregate_id);
END;
`;

/** Of format 5. Format 4 had rows of an eighth as many ids; before, ids stood in a table of their own, each by itself. */
export const EVENT_ID_TABLES = `
CREATE TABLE event_id_runs (
  level INTEGER NOT NULL,
  part INTEGER NOT NULL,
  run INTEGER NOT NULL,
  entries BLOB NOT NULL,
  PRIMARY KEY (level, part, run)
) STRICT, WITHOUT ROWID;
`;

/**
 * What an event must be to be added, from format 4 on: one trigger, since each costs more than what it
 * looks for. Nearly every event follows on the last one in the tenant and in its aggregate, which
 * one look at that says.
 */
export const EVENT_SEQUENCE = `
CREATE TRIGGER events_follow BEFORE INSERT ON events
WHEN (SELECT global_nonce = NEW.global_nonce - 1 AND aggregate = NEW.aggregate
    AND aggregate_nonce = NEW.aggregate_nonce - 1 AND NEW.append_key IS NULL
  FROM events ORDER BY global_nonce DESC LIMIT 1) IS NOT 1
BEGIN
  SELECT RAISE(ABORT, 'the global nonce is not the next one')
  WHERE NEW.global_nonce IS NOT (SELECT coalesce(max(global_nonce), 0) + 1 FROM events);
  SELECT RAISE(ABORT, 'the aggregate nonce is not the next one')
  WHERE NEW.aggregate_nonce IS NOT (
    SELECT coalesce(max(aggregate_nonce), 0) + 1 FROM events WHERE aggregate = NEW.aggregate);
  SELECT RAISE(ABORT, 'the aggregate does not exist')
  WHERE NEW.aggregate_nonce = 1
    AND NOT EXISTS (SELECT 1 FROM aggregates WHERE aggregate = NEW.aggregate);
  SELECT RAISE(ABORT, 'the key of the append is taken')
  WHERE NEW.append_key IS NOT NULL AND EXISTS (
    SELECT 1 FROM events WHERE aggregate = NEW.aggregate AND append_key = NEW.append_key);
END;
`;

/** What format 3 had in place of {@link EVENT_ID_TABLES} and {@link EVENT_SEQUENCE}. */
export const EVENTS_LEFT_BEHIND = `
DROP TABLE event_ids;
DROP TRIGGER events_follow_in_tenant;
DROP TRIGGER events_follow_in_aggregate;
DROP TRIGGER events_are_of_aggregates;
DROP TRIGGER append_keys_are_bound_once;
`;

/** What format 4 had in place of {@link EVENT_ID_TABLES}. */
export const SMALL_RUNS_LEFT_BEHIND = "DROP TABLE event_id_runs;";

/** Global nonces that share a block. */
export const EVENTS_PER_BLOCK = 256;

/** The block that a global nonce is in. */
export function eventBlock(globalNonce: number): number {
  return Math.floor((globalNonce - 1) / EVENTS_PER_BLOCK);
}
