import { Database } from "bun:sqlite";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { EntError } from "../base/errors.ts";
import { keepPrivate, makePrivateFile } from "./private-file.ts";

/**
 * A lock on a directory that ends with its process, however that ends.
 *
 * SQLite holds it: an exclusive transaction on an empty database keeps a lock of the
 * operating system on the file, which the kernel drops with the process, and SQLite's own
 * bookkeeping refuses a second holder within one process. Nothing is ever written to the
 * file. It must not be opened by other means in this process: closing any descriptor of
 * it would drop the lock, so who holds it stands in a file of its own.
 */
export class DirectoryLock {
  readonly #database: Database;
  readonly #ownerFile: string;
  #released = false;

  /** Use {@link takeDirectoryLock}. */
  constructor(database: Database, ownerFile: string) {
    this.#database = database;
    this.#ownerFile = ownerFile;
  }

  /** Idempotent. */
  release(): void {
    if (this.#released) return;
    this.#released = true;
    rmSync(this.#ownerFile, { force: true });
    this.#database.exec("ROLLBACK");
    this.#database.close();
  }
}

/** Takes the lock on an existing directory or throws DATA_DIR_LOCKED. */
export function takeDirectoryLock(directory: string): DirectoryLock {
  const lockFile = join(directory, "lock");
  makePrivateFile(lockFile);
  keepPrivate(lockFile);
  const database = new Database(lockFile, { readwrite: true });
  const ownerFile = join(directory, "owner.json");
  try {
    database.exec("PRAGMA busy_timeout = 0");
    database.exec("PRAGMA locking_mode = EXCLUSIVE");
    database.exec("BEGIN EXCLUSIVE");
    nameOwner(ownerFile);
    return new DirectoryLock(database, ownerFile);
  } catch (error) {
    database.close();
    throw isBusy(error) ? directoryLocked(directory, ownerFile, error) : error;
  }
}

/** For a message only: a full disk must not keep a server from starting. */
function nameOwner(ownerFile: string): void {
  try {
    writeFileSync(ownerFile, `${JSON.stringify({ pid: process.pid })}\n`, { mode: 0o600 });
  } catch {
    rmSync(ownerFile, { force: true });
  }
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "SQLITE_BUSY";
}

function directoryLocked(directory: string, ownerFile: string, cause: unknown): EntError {
  const pid = ownerPid(ownerFile);
  const who = pid === undefined ? "another EntDB" : `the EntDB with process id ${pid}`;
  return new EntError({
    code: "failed_precondition",
    reason: "DATA_DIR_LOCKED",
    message: `${directory} is in use by ${who}`,
    hint: "Stop that server first, or start this one with another --data-dir.",
    details: pid === undefined ? { path: directory } : { path: directory, pid: String(pid) },
    cause,
  });
}

function ownerPid(ownerFile: string): number | undefined {
  try {
    const owner: unknown = JSON.parse(readFileSync(ownerFile, "utf8"));
    if (typeof owner !== "object" || owner === null || !("pid" in owner)) return undefined;
    return Number.isSafeInteger(owner.pid) ? Number(owner.pid) : undefined;
  } catch {
    return undefined;
  }
}
