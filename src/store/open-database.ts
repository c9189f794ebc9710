import { Database } from "bun:sqlite";
import { closeSync, fsyncSync, openSync } from "node:fs";
import { keepPrivate, makePrivateFile } from "./private-file.ts";

/**
 * Opens SQLite files, always with the same settings. `strict` and `safeIntegers` are
 * not a matter of taste: without them a missing parameter binds NULL and a 64-bit
 * integer is rounded.
 *
 * Views run with `synchronous=NORMAL`: a power cut may take their last commits, which
 * are then replayed from the log. Automatic checkpoints are off on the writer: they
 * would sync in the middle of a request; `checkpointer` does them off this thread.
 *
 * Files are their owner's alone (0600), also those that were not when they were opened.
 */
export interface OpenOptions {
  readonly create: boolean;
  /** How long a statement waits, with the whole thread, for another's lock. Defaults to 5 s. */
  readonly busyTimeoutMs?: number | undefined;
}

const BUSY_TIMEOUT_MS = 5_000;
/**
 * The same on the thread that serves everybody: a moment, which our own folding and closing of
 * files may need. Behind it the tenant whose file somebody else has locked is tried again by itself.
 */
export const SERVING_BUSY_TIMEOUT_MS = 100;
/** Of every file that is made here. */
export const PAGE_BYTES = 4_096;
const CACHE_KIB = 4_096;
/** Holds the pages that some ten thousand records in one transaction change: written within it, they would be written again. */
const WIDE_CACHE_KIB = 64 * 1024;
const BULK_CACHE_KIB = 128 * 1024;
const SYNCHRONOUS = "NORMAL";
/** Well above what a write-ahead file grows to before it starts anew: cutting it holds up a commit. */
const JOURNAL_LIMIT_BYTES = 256 * 1024 * 1024;

export function openForWriting(file: string, options: OpenOptions): Database {
  const isNew = options.create && makePrivateFile(file);
  keepPrivate(file);
  const db = new Database(file, {
    readwrite: true,
    create: options.create,
    strict: true,
    safeIntegers: true,
  });
  return configured(db, options.busyTimeoutMs, () => {
    db.exec(`PRAGMA page_size = ${PAGE_BYTES}`);
    // On disk, a journal of the change to write-ahead would only bring back the empty file, for three syncs.
    // Not OFF, which SQLite passes over here without a word.
    if (isNew) db.exec("PRAGMA journal_mode = MEMORY");
    db.exec("PRAGMA journal_mode = WAL");
    db.exec(`PRAGMA synchronous = ${SYNCHRONOUS}`);
    db.exec("PRAGMA wal_autocheckpoint = 0");
    // What a savepoint may have to take back is kept in memory: no more than the pages of one transaction.
    db.exec("PRAGMA temp_store = MEMORY");
    db.exec(`PRAGMA journal_size_limit = ${JOURNAL_LIMIT_BYTES}`);
  });
}

/** `busyTimeoutMs` as in {@link OpenOptions}. */
export function openForReading(file: string, busyTimeoutMs?: number): Database {
  const db = new Database(file, { readonly: true, strict: true, safeIntegers: true });
  return configured(db, busyTimeoutMs, () => db.exec("PRAGMA query_only = ON"));
}

/**
 * Copies what the write-ahead file holds into the database, as far as no reader is in the
 * way, and syncs. Waits for nobody and makes nobody wait. Where everything was copied, the
 * next write begins the file anew. Returns how many pages it held.
 */
export function foldWriteAhead(db: Database): number {
  const [row] = db.query("PRAGMA wal_checkpoint(PASSIVE)").values();
  return Number(row?.[1] ?? 0);
}

/** Lets a connection for writing keep the pages of large transactions in memory, or no longer: what it then has too many it lets go. */
export function setWideCache(db: Database, isWide: boolean): void {
  const KIB = isWide ? WIDE_CACHE_KIB : CACHE_KIB;
  db.exec(`PRAGMA cache_size = -${KIB}`);
}

/**
 * For a file that nobody counts on before it is done: nothing is synced, and many pages are kept in
 * memory. {@link endBulk} makes all of it durable, with the usual settings behind it.
 */
export function beginBulk(db: Database): void {
  db.exec("PRAGMA synchronous = OFF");
  db.exec(`PRAGMA cache_size = -${BULK_CACHE_KIB}`);
}

/** See {@link beginBulk}. `file` is the database's own. */
export function endBulk(db: Database, file: string): void {
  db.exec(`PRAGMA synchronous = ${SYNCHRONOUS}`);
  db.exec(`PRAGMA cache_size = -${CACHE_KIB}`);
  db.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  // What was folded before was not synced, and nothing of it may be left to fold.
  syncFile(file);
}

/** Settings for all; a file that refuses them is not left open. */
function configured(
  db: Database,
  busyTimeoutMs: number | undefined,
  configure: () => void,
): Database {
  const WAIT_MS = busyTimeoutMs ?? BUSY_TIMEOUT_MS;
  try {
    db.exec(`PRAGMA busy_timeout = ${WAIT_MS}`);
    configure();
    db.exec("PRAGMA foreign_keys = ON");
    db.exec("PRAGMA trusted_schema = OFF");
    db.exec("PRAGMA cell_size_check = ON");
    db.exec(`PRAGMA cache_size = -${CACHE_KIB}`);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

function syncFile(path: string): void {
  const handle = openSync(path, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
