/**
 * A tenant's mailboxes in a file of their own, `mailbox.db`. It follows `canonical.db` through
 * the outbox and decides nothing: lost or damaged, it is made again from the log.
 *
 * Invariant: what is open belongs to the tenant it was opened for, is a view of the same log,
 * and has every row that has left the outbox. All of it stands in the file and is checked
 * before the first read.
 */
import type { Database } from "bun:sqlite";
import { existsSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { compareMailPlaces, type MailPlace, NO_MAIL_PLACE } from "./mail-effect.ts";
import { MAILBOX_TABLES } from "./migrations/mailbox-tables.ts";
import { foldWriteAhead, openForReading, openForWriting } from "./open-database.ts";
import { MailboxReader } from "./reader/mailbox-reader.ts";
import type { ReadFile } from "./reader/read-job.ts";
import { damaged, formatTooNew, logShorterThanViews } from "./store-errors.ts";

/** Whose mailboxes are being opened; as `TenantOwner`, and what the outbox no longer has. */
export interface MailboxOwner {
  readonly tenantId: string;
  readonly incarnation: number;
  readonly logId: string;
  readonly logEnd: number;
  readonly busyTimeoutMs: number;
  /** The last row that has left the outbox; undefined: none ever did. */
  readonly trimmed: MailPlace | undefined;
}

/** How far the file has come. */
export interface MailboxProgress {
  /** The last row of the outbox that is in the file. */
  readonly place: MailPlace;
  /** Items that the row behind it has changed already. */
  readonly partCount: number;
}

export const MAILBOX_FILE = "mailbox.db";
const MAILBOX_FORMAT = 1;

let openings = 0;

/** A tenant's open mailboxes. */
export class MailboxStore {
  readonly directory: string;
  /** For `applier/` alone. */
  readonly writeConnection: Database;
  readonly reads: MailboxReader;
  readonly #readConnection: Database;
  readonly #generation = ++openings;
  #closed = false;

  /** Use {@link MailboxStore.open}. */
  constructor(directory: string, write: Database, read: Database) {
    this.directory = directory;
    this.writeConnection = write;
    this.#readConnection = read;
    this.reads = new MailboxReader(read);
  }

  static exists(directory: string): boolean {
    return existsSync(join(directory, MAILBOX_FILE));
  }

  /**
   * Opens the owner's file. Throws VIEW_DAMAGED when it is not the owner's or lacks what the
   * outbox no longer has, LOG_SHORTER_THAN_VIEWS, FORMAT_TOO_NEW.
   */
  static open(directory: string, owner: MailboxOwner): MailboxStore {
    return MailboxStore.#open(directory, owner, false);
  }

  /** Makes an empty file for the owner, and opens it. */
  static create(directory: string, owner: MailboxOwner): MailboxStore {
    return MailboxStore.#open(directory, owner, true);
  }

  static #open(directory: string, owner: MailboxOwner, create: boolean): MailboxStore {
    const file = join(directory, MAILBOX_FILE);
    const { busyTimeoutMs } = owner;
    const write = openForWriting(file, { create, busyTimeoutMs });
    try {
      migrate(write, owner, file);
      checkState(write, owner, file);
      return new MailboxStore(directory, write, openForReading(file, busyTimeoutMs));
    } catch (error) {
      write.close();
      throw error;
    }
  }

  get file(): string {
    return join(this.directory, MAILBOX_FILE);
  }

  /** The file as read workers are told of it. */
  get readFile(): ReadFile {
    return { path: this.file, generation: this.#generation };
  }

  get closed(): boolean {
    return this.#closed;
  }

  get progress(): MailboxProgress {
    const [row] = this.writeConnection
      .query("SELECT position, seq, part_count FROM mailbox_state")
      .values() as [bigint, bigint, bigint][];
    if (row === undefined) throw damaged(this.file, "it does not say how far it has come");
    const [position, seq, partCount] = row.map(Number) as [number, number, number];
    return { place: { position, seq }, partCount };
  }

  /** Runs reads that belong together on one state of the file. Not to be nested. */
  snapshot<T>(read: (reads: MailboxReader) => T): T {
    this.#readConnection.run("BEGIN");
    try {
      return read(this.reads);
    } finally {
      this.#readConnection.run("COMMIT");
    }
  }

  /** As of `TenantStore`. */
  checkpoint(): void {
    this.writeConnection.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  }

  /** As of `TenantStore`. */
  finishFolding(): void {
    foldWriteAhead(this.writeConnection);
  }

  /** Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#readConnection.close();
    this.writeConnection.close();
  }
}

/**
 * Puts a file that was made elsewhere in the place of a tenant's mailboxes. The old one goes
 * first and its write-ahead file next, so that whoever opens it meanwhile, and a crash, find no
 * file rather than parts of two. Both must be closed.
 */
export function replaceMailbox(directory: string, made: string): void {
  const file = join(directory, MAILBOX_FILE);
  rmSync(file, { force: true });
  for (const suffix of ["-wal", "-shm"]) rmSync(file + suffix, { force: true });
  renameSync(join(made, MAILBOX_FILE), file);
}

function migrate(db: Database, owner: MailboxOwner, file: string): void {
  const [row] = db.query("PRAGMA user_version").values() as [[bigint]];
  const found = Number(row[0]);
  if (found > MAILBOX_FORMAT) throw formatTooNew(file, found, MAILBOX_FORMAT);
  if (found === MAILBOX_FORMAT) return;
  db.transaction(() => {
    db.exec(MAILBOX_TABLES);
    db.query("INSERT INTO mailbox_state VALUES (1, ?, ?, ?, ?, ?, 0)").run(
      owner.tenantId,
      owner.incarnation,
      owner.logId,
      NO_MAIL_PLACE.position,
      NO_MAIL_PLACE.seq,
    );
    db.exec(`PRAGMA user_version = ${MAILBOX_FORMAT}`);
  }).immediate();
}

type StateRow = [
  tenantId: string,
  incarnation: bigint,
  logId: string,
  position: bigint,
  seq: bigint,
];

function checkState(db: Database, owner: MailboxOwner, file: string): void {
  const [row] = db
    .query("SELECT tenant_id, incarnation, log_id, position, seq FROM mailbox_state")
    .values() as StateRow[];
  if (row === undefined) throw damaged(file, "it does not say whose it is");
  const [tenantId, incarnation, logId] = row;
  if (tenantId !== owner.tenantId || Number(incarnation) !== owner.incarnation) {
    throw damaged(file, `it belongs to tenant ${tenantId} (life ${incarnation})`);
  }
  if (logId !== owner.logId) throw damaged(file, `it is a view of log ${logId}`);
  const place = { position: Number(row[3]), seq: Number(row[4]) };
  if (place.position >= owner.logEnd) {
    throw logShorterThanViews(owner.logEnd, place.position + 1, file);
  }
  if (owner.trimmed !== undefined && compareMailPlaces(place, owner.trimmed) < 0) {
    throw damaged(file, "it lacks what has left the outbox");
  }
}
