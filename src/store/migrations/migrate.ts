import type { Database } from "bun:sqlite";
import { damaged, formatTooNew } from "../store-errors.ts";
import { ACCESS_TABLES, EXPIRING_READERS } from "./access-tables.ts";
import { BUILD_TABLES } from "./build-tables.ts";
import { CHANGE_TABLES } from "./change-tables.ts";
import {
  EVENT_ID_TABLES,
  EVENT_SEQUENCE,
  EVENT_TABLES,
  EVENTS_LEFT_BEHIND,
  SMALL_RUNS_LEFT_BEHIND,
} from "./event-tables.ts";
import { OUTBOX_TABLES } from "./mailbox-tables.ts";
import { SYSTEM_TABLES } from "./system-tables.ts";
import { GRAPH_TABLES } from "./tables.ts";

/**
 * Brings a file to the format of this build, on opening and before it is served. The format
 * stands in `user_version`; 0 is an empty file.
 *
 * Format 1 knew no access, no changes and no audit. Nothing in it says what they would have
 * been, so such a file counts as damaged: it is made again from the log, which knows. Format 2
 * knew no events; no record that it has seen had any, so their tables are added, empty.
 * Formats 3 and 4 had another index of the ids of events, which the applier makes from the events
 * before it looks for one, and format 3 had more triggers for the same law.
 */
const VIEW_FORMAT = 5;

/** Throws FORMAT_TOO_NEW when a newer EntDB has written the file, VIEW_DAMAGED for format 1. */
export function migrate(db: Database, isSystem: boolean, file: string): void {
  const found = Number(
    (db.query("PRAGMA user_version").get() as { user_version: bigint }).user_version,
  );
  if (found > VIEW_FORMAT) throw formatTooNew(file, found, VIEW_FORMAT);
  if (found === 1) throw damaged(file, "it has format 1, which lacks what access needs");
  if (found === 0) db.transaction(() => create(db, isSystem)).immediate();
  if (found === 2) db.transaction(() => addEvents(db)).immediate();
  if (found === 3) db.transaction(() => leaveFormat3(db)).immediate();
  if (found === 4) db.transaction(() => leaveFormat4(db)).immediate();
  db.exec(EXPIRING_READERS);
}

function create(db: Database, isSystem: boolean): void {
  const all = [GRAPH_TABLES, ACCESS_TABLES, CHANGE_TABLES, BUILD_TABLES, OUTBOX_TABLES];
  for (const tables of all) db.exec(tables);
  if (isSystem) db.exec(SYSTEM_TABLES);
  addEvents(db);
}

function addEvents(db: Database): void {
  db.exec(EVENT_TABLES);
  db.exec(EVENT_SEQUENCE);
  addFormat5(db);
}

function leaveFormat3(db: Database): void {
  db.exec(EVENTS_LEFT_BEHIND);
  db.exec(EVENT_SEQUENCE);
  addFormat5(db);
}

function leaveFormat4(db: Database): void {
  db.exec(SMALL_RUNS_LEFT_BEHIND);
  addFormat5(db);
}

function addFormat5(db: Database): void {
  db.exec(EVENT_ID_TABLES);
  db.exec(`PRAGMA user_version = ${VIEW_FORMAT}`);
}
