/**
 * Copies a database that others write to, as it is when this begins, page by page: what SQLite
 * calls an online backup, within one read transaction, so that nothing that is written meanwhile
 * gets into it or makes it begin anew. Writers are not held up; but the write-ahead file cannot
 * start anew meanwhile.
 *
 * The copy is synced as it grows: a file that is synced once, at its end, leaves the disk with all
 * of it to write at the moment at which somebody's sync waits behind it.
 */
import { closeSync, fdatasyncSync, fsyncSync, openSync, statSync, writeSync } from "node:fs";
import { backup, DatabaseSync } from "node:sqlite";
import { PAGE_BYTES } from "./open-database.ts";
import { quickCheck } from "./quick-check.ts";
import { damaged } from "./store-errors.ts";

/** Copied at once, with nothing in between. */
const PART_PAGES = 128;
const PARTS_PER_SYNC = 8;
/** Where a database's header says how it is written and read (the format of SQLite's files, 1.3), and what it says without a write-ahead file. */
const VERSIONS_AT = 18;
const WITHOUT_WRITE_AHEAD = Uint8Array.of(1, 1);

/**
 * Copies into a file that must not be there yet, and syncs that. Holds the thread for as long as it
 * takes; `between` is told of each part but the last, and may hold it too, or throw. Throws what that
 * throws, what SQLite and the system say, and VIEW_DAMAGED when the copy is not sound.
 */
export async function copyDatabase(
  from: string,
  to: string,
  between: (bytes: number) => void,
): Promise<{ readonly bytes: number }> {
  // Open until SQLite has let go: to close a descriptor drops the locks that this process has on its file.
  const file = openSync(to, "wx+", 0o600);
  try {
    await copyPages(from, to, (parts) => {
      if (parts % PARTS_PER_SYNC === 0) fdatasyncSync(file);
      between(PART_PAGES * PAGE_BYTES);
    });
    // Whoever looks into it needs no companions of it then.
    writeSync(file, WITHOUT_WRITE_AHEAD, 0, WITHOUT_WRITE_AHEAD.length, VERSIONS_AT);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  const found = quickCheck(to);
  if (found !== "ok") throw damaged(from, found);
  return { bytes: statSync(to).size };
}

async function copyPages(from: string, to: string, copied: (parts: number) => void): Promise<void> {
  const source = openSource(from);
  let parts = 0;
  try {
    source.exec("BEGIN");
    // The moment that is copied.
    source.prepare("SELECT count(*) FROM sqlite_schema").get();
    const progress = () => {
      parts += 1;
      copied(parts);
    };
    await backup(source, to, { rate: PART_PAGES, progress });
  } catch (error) {
    throw asSqliteError(error);
  } finally {
    source.close();
  }
}

function openSource(path: string): DatabaseSync {
  try {
    return new DatabaseSync(path, { readOnly: true });
  } catch (error) {
    throw asSqliteError(error);
  }
}

/** This interface to SQLite has numbers where the other one, and so whoever sorts errors, has names. */
const NAMES: Readonly<Record<number, string>> = {
  5: "SQLITE_BUSY",
  6: "SQLITE_LOCKED",
  7: "SQLITE_NOMEM",
  8: "SQLITE_READONLY",
  10: "SQLITE_IOERR",
  11: "SQLITE_CORRUPT",
  13: "SQLITE_FULL",
  14: "SQLITE_CANTOPEN",
  15: "SQLITE_PROTOCOL",
  24: "SQLITE_FORMAT",
  26: "SQLITE_NOTADB",
};
const PRIMARY_CODE = 0xff;

function asSqliteError(error: unknown): unknown {
  const number = (error as { errcode?: unknown }).errcode;
  if (!(error instanceof Error && typeof number === "number")) return error;
  const code = NAMES[number & PRIMARY_CODE] ?? "SQLITE_ERROR";
  return Object.assign(new Error(error.message, { cause: error }), { code });
}
