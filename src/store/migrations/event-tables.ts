/**
 * The event store, in a tenant's `canonical.db`. `events` is in the order of global nonces;
 * `aggregate` is the row of its aggregate, `append_size` how many events its append had, in the
 * first of them, and 0 in the others; `append_key` stands in the first too. `metadata` is the
 * encoding of `src/record/event-metadata.ts`, `tags` a JSON list or null.
 *
 * `event_ids` finds an event by 48 bits of its id's SHA-256. Ids come there with a delay, see
 * `writer/event-ids.ts`. `event_type_blocks` says in which blocks of 256 global nonces a type occurs, so
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

CREATE TABLE event_ids (
  hash INTEGER NOT NULL,
  global_nonce INTEGER NOT NULL,
  PRIMARY KEY (hash, global_nonce)
) STRICT, WITHOUT ROWID;

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

CREATE TRIGGER events_follow_in_tenant BEFORE INSERT ON events
WHEN NEW.global_nonce IS NOT (SELECT coalesce(max(global_nonce), 0) + 1 FROM events)
BEGIN SELECT RAISE(ABORT, 'the global nonce is not the next one'); END;

CREATE TRIGGER events_follow_in_aggregate BEFORE INSERT ON events
WHEN NEW.aggregate_nonce IS NOT (
  SELECT coalesce(max(aggregate_nonce), 0) + 1 FROM events WHERE aggregate = NEW.aggregate)
BEGIN SELECT RAISE(ABORT, 'the aggregate nonce is not the next one'); END;

CREATE TRIGGER events_are_of_aggregates BEFORE INSERT ON events
WHEN NEW.aggregate_nonce = 1
  AND NOT EXISTS (SELECT 1 FROM aggregates WHERE aggregate = NEW.aggregate)
BEGIN SELECT RAISE(ABORT, 'the aggregate does not exist'); END;

CREATE TRIGGER append_keys_are_bound_once BEFORE INSERT ON events
WHEN NEW.append_key IS NOT NULL AND EXISTS (
  SELECT 1 FROM events WHERE aggregate = NEW.aggregate AND append_key = NEW.append_key)
BEGIN SELECT RAISE(ABORT, 'the key of the append is taken'); END;

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

/** Global nonces that share a block. */
export const EVENTS_PER_BLOCK = 256;

/** The block that a global nonce is in. */
export function eventBlock(globalNonce: number): number {
  return Math.floor((globalNonce - 1) / EVENTS_PER_BLOCK);
}
