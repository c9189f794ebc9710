import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { SeededRandom } from "../../../test/harness/seeded-random.ts";
import { EVENT_ID_TABLES, EVENT_TABLES } from "../migrations/event-tables.ts";
import { EventIds } from "./event-ids.ts";

const SEED = 20261121;
const EVENTS = 300_000;

/** So many that the filter of what is filed is outgrown twice, read on from the table, and read again. */
test("every id is found at its place and no other, however often writes are taken back and the file is opened", () => {
  const random = new SeededRandom(SEED);
  const db = new Database(":memory:", { safeIntegers: true });
  db.run(EVENT_TABLES);
  db.run(EVENT_ID_TABLES);
  db.run("INSERT INTO aggregates VALUES (1, 'A-1', 'A')");
  const insert = db.prepare(
    `INSERT INTO events (global_nonce, aggregate, aggregate_nonce, event_id, event_type, recorded_at,
       append_size, append_key, metadata, tags, payload)
     VALUES (?1, 1, ?1, ?2, 't', 0, 1, NULL, x'', NULL, x'')`,
  );
  let ids = new EventIds(db);
  let last = 0;
  while (last < EVENTS) {
    const isTakenBack = random.below(8) === 0;
    const count = 1 + random.below(8_000);
    db.run("BEGIN");
    for (let nonce = last + 1; nonce <= last + count; nonce++) {
      const eventId = `e${nonce}`;
      expect(ids.claim(eventId)).toBe(true);
      insert.run(nonce, eventId);
    }
    expect(ids.claim(`e${1 + random.below(last + count)}`)).toBe(false);
    expect(ids.lastGlobalNonce).toBe(last + count);
    db.run(isTakenBack ? "ROLLBACK" : "COMMIT");
    if (isTakenBack) ids.forget();
    else last += count;
    if (random.below(10) === 0) ids = new EventIds(db);
    for (let i = 0; i < 50 && last > 0; i++) {
      const nonce = 1 + random.below(last);
      expect(ids.find(`e${nonce}`)).toBe(nonce);
      expect(ids.find(`other${nonce}`)).toBeUndefined();
    }
    expect([ids.lastGlobalNonce, ids.find(`e${last + 1}`)]).toEqual([last, undefined]);
  }
}, 60_000);
