/**
 * Copies of a tenant's two files, closed and in a directory of their own: what they say about
 * themselves, and how they become files of a data directory. Nobody else has them open.
 *
 * Invariant of a pair: whatever `mailbox.db` lacks of what `canonical.db` has seen stands in the
 * outbox of that. So the mailboxes of a pair are never ahead, and never behind what has left it.
 */
import type { Database } from "bun:sqlite";
import { chmodSync, existsSync } from "node:fs";
import { join } from "node:path";
import { compareMailPlaces, type MailPlace } from "./mail-effect.ts";
import { MAILBOX_FILE } from "./mailbox-store.ts";
import { openForReading, openForWriting } from "./open-database.ts";
import { MailOutboxReader } from "./reader/mail-outbox-reader.ts";
import { damaged } from "./store-errors.ts";
import { CANONICAL_FILE } from "./tenant-store.ts";
import { readViewState, type ViewState } from "./view-state.ts";

/** What a pair of copies says about itself. */
export interface CopyFacts {
  readonly state: ViewState;
  /** Format of `canonical.db`. */
  readonly format: number;
  /** "sha256:…"; empty: the tenant has no schema. */
  readonly schemaFingerprint: string;
  /** The last row of the outbox that the mailboxes have; undefined: there are none. */
  readonly mailPlace: MailPlace | undefined;
}

/** Looks into the copies. Throws VIEW_DAMAGED when they are none of ours, or no pair. */
export function readCopy(directory: string): CopyFacts {
  const file = join(directory, CANONICAL_FILE);
  const mailPlace = readMailPlace(join(directory, MAILBOX_FILE));
  return reading(file, (db) => {
    const state = readViewState(db);
    if (state === undefined) throw damaged(file, "it does not say whose it is");
    const { trimmed } = new MailOutboxReader(db);
    const isAhead = mailPlace !== undefined && mailPlace.position > state.appliedOffset;
    const isBehind =
      trimmed !== undefined &&
      (mailPlace === undefined || compareMailPlaces(mailPlace, trimmed) < 0);
    if (isAhead || isBehind) throw damaged(file, "its mailboxes are of another moment");
    const [[format]] = db.query("PRAGMA user_version").values() as [[bigint]];
    const [schema] = db.query(CURRENT_FINGERPRINT).values() as [string][];
    return { state, format: Number(format), schemaFingerprint: schema?.[0] ?? "", mailPlace };
  });
}

/**
 * Makes the copies files of a log: the one they are views of from here on, whose records below
 * their position they have. For the owner alone.
 */
export function giveCopyToLog(directory: string, logId: string): void {
  giveToLog(join(directory, CANONICAL_FILE), "UPDATE view_state SET log_id = ?", logId);
  const mailboxes = join(directory, MAILBOX_FILE);
  if (existsSync(mailboxes)) giveToLog(mailboxes, "UPDATE mailbox_state SET log_id = ?", logId);
}

const CURRENT_FINGERPRINT = "SELECT fingerprint FROM schemas ORDER BY applied_offset DESC LIMIT 1";

function giveToLog(file: string, sql: string, logId: string): void {
  chmodSync(file, 0o600);
  const db = openForWriting(file, { create: false });
  try {
    db.query(sql).run(logId);
    db.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  } finally {
    db.close();
  }
}

function readMailPlace(file: string): MailPlace | undefined {
  if (!existsSync(file)) return undefined;
  return reading(file, (db) => {
    const [row] = db.query("SELECT position, seq FROM mailbox_state").values() as [
      bigint,
      bigint,
    ][];
    if (row === undefined) throw damaged(file, "it does not say how far it has come");
    return { position: Number(row[0]), seq: Number(row[1]) };
  });
}

function reading<T>(file: string, read: (db: Database) => T): T {
  const db = openForReading(file);
  try {
    return read(db);
  } finally {
    db.close();
  }
}
