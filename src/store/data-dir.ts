import { existsSync, lstatSync, mkdirSync, readdirSync, realpathSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { buildInfo } from "../base/build-info.ts";
import {
  readIfExists,
  syncDirectory,
  systemErrorCode,
  writeDurably,
} from "../base/durable-file.ts";
import { EntError } from "../base/errors.ts";
import { nearestExisting } from "../base/nearest-existing.ts";
import { type DirectoryLock, takeDirectoryLock } from "./directory-lock.ts";

/**
 * The data directory: one server at a time, one known format, nobody else's files.
 *
 *     format.json              which format the directory has, and who made it
 *     lock                     held while a server runs; gone with its process
 *     owner.json               who holds it, for the message that a second server gives
 *     log/<partition>/         the log's segments
 *     tenants/<directory>/     views: canonical.db, and mailbox.db where there was mail
 *     checkpoint/              how far the views of a partition are on disk, and what was archived
 *     backup/                  archive and snapshots, unless they are kept elsewhere
 *
 * The directory itself may be reached over symbolic links (a mount elsewhere is the
 * operator's choice); nothing in it may be one. Directories are 0700, files 0600.
 */
export const DATA_FORMAT = 1;

const FORMAT_FILE = "format.json";
const FOLDERS = ["log", "tenants", "checkpoint"] as const;
/** What may lie in a directory that has no format yet: what a start that was cut off leaves, and a fresh mount. */
const BEFORE_FORMAT: ReadonlySet<string> = new Set([
  "lock",
  "lock-journal",
  "owner.json",
  "owner.json.new",
  `${FORMAT_FILE}.new`,
  "lost+found",
  // Archive and snapshots, which are opened first, and which outlive the rest.
  "backup",
]);

/** A data directory that this process holds. */
export class DataDirectory {
  /** Absolute, without symbolic links. */
  readonly path: string;
  readonly #lock: DirectoryLock;

  /** Use {@link openDataDirectory}. */
  constructor(path: string, lock: DirectoryLock) {
    this.path = path;
    this.#lock = lock;
  }

  get tenants(): string {
    return join(this.path, "tenants");
  }

  get checkpoints(): string {
    return checkpointDirectory(this.path);
  }

  /** The directory of a partition's log, made durably if it is not there yet. */
  async makeLogDirectory(partition: number): Promise<string> {
    const path = logDirectory(this.path, partition);
    await requireDirectory(path);
    return path;
  }

  /** Lets the next server in. Idempotent. The caller has closed everything inside before. */
  close(): void {
    this.#lock.release();
  }
}

/** Where a partition's log lies in a data directory, for whoever only looks. */
export function logDirectory(dataDirectory: string, partition: number): string {
  return join(dataDirectory, "log", String(partition));
}

/** Where it is said how far views and archive are, for whoever only looks. */
export function checkpointDirectory(dataDirectory: string): string {
  return join(dataDirectory, "checkpoint");
}

/**
 * For whoever makes something in a data directory before that is opened: throws DATA_DIR_INVALID
 * where none can ever be, since there is a file, or one on the way.
 */
export function refuseFileAt(path: string): void {
  const nearest = nearestExisting(path);
  if (!statSync(nearest).isDirectory()) throw noDirectory(nearest);
}

/**
 * Opens the data directory, making it if it does not exist, and takes its lock. Throws
 * DATA_DIR_LOCKED while another process (or this one) has it open, FORMAT_TOO_NEW for a
 * directory of a later version, DATA_DIR_INVALID for anything that is not a data directory
 * of ours or cannot be used.
 */
export async function openDataDirectory(path: string): Promise<DataDirectory> {
  try {
    if (!existsSync(path)) await makeDirectory(path);
    const real = realpathSync(path);
    checkEntries(real);
    const lock = takeDirectoryLock(real);
    try {
      await settleFormat(real);
      await requireFolders(real);
      return new DataDirectory(real, lock);
    } catch (error) {
      lock.release();
      throw error;
    }
  } catch (error) {
    if (error instanceof EntError) throw error;
    throw unusable(path, error);
  }
}

/** Refuses links and foreign content before anything is written. */
function checkEntries(path: string): void {
  const entries = readdirSync(path, { withFileTypes: true });
  const link = entries.find((entry) => entry.isSymbolicLink());
  if (link) {
    throw dataDirInvalid(
      `${join(path, link.name)} is a symbolic link`,
      "Put the data directory itself where the data should lie; nothing in it may be a link.",
    );
  }
  if (entries.some((entry) => entry.name === FORMAT_FILE)) return;
  const foreign = entries.find((entry) => !BEFORE_FORMAT.has(entry.name));
  if (foreign) {
    throw dataDirInvalid(
      `${path} is not empty and has no ${FORMAT_FILE}: it is no data directory of EntDB (found ${foreign.name})`,
      "Choose an empty directory, or one that EntDB made.",
    );
  }
}

/** Reads the format, or writes it into a directory that has none. */
async function settleFormat(path: string): Promise<void> {
  const file = join(path, FORMAT_FILE);
  const content = await readIfExists(file);
  if (content === undefined) {
    // Looked at again under the lock: another server may have filled the directory meanwhile.
    checkEntries(path);
    const format = { format: DATA_FORMAT, created_by: `entdb ${buildInfo.version}` };
    await writeDurably(file, `${JSON.stringify(format, undefined, 2)}\n`);
    return;
  }
  const format = formatIn(content.toString("utf8"));
  if (format === DATA_FORMAT) return;
  if (format === undefined || format < DATA_FORMAT) {
    throw dataDirInvalid(
      `${file} does not name a format of EntDB`,
      "Restore the file or the directory.",
    );
  }
  throw new EntError({
    code: "failed_precondition",
    reason: "FORMAT_TOO_NEW",
    message: `${path} has format ${format}; this version knows formats up to ${DATA_FORMAT}`,
    hint: "Start the version that wrote it, or a later one.",
    details: { path, format: String(format) },
  });
}

function formatIn(text: string): number | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null || !("format" in value)) return undefined;
    return Number.isSafeInteger(value.format) ? Number(value.format) : undefined;
  } catch {
    return undefined;
  }
}

/** Makes the folders that are not there; one sync of the directory is for all of them. */
async function requireFolders(path: string): Promise<void> {
  const missing = FOLDERS.map((folder) => join(path, folder)).filter(isMissing);
  for (const folder of missing) mkdirSync(folder, { mode: 0o700 });
  if (missing.length > 0) await syncDirectory(path);
}

/** Makes a directory in the data directory unless it is there. Throws DATA_DIR_INVALID as {@link isMissing} does. */
async function requireDirectory(path: string): Promise<void> {
  if (isMissing(path)) await makeDirectory(path);
}

/** Throws DATA_DIR_INVALID where a link or a file stands in a directory's place. */
function isMissing(path: string): boolean {
  if (!existsSync(path)) return true;
  if (lstatSync(path).isDirectory()) return false;
  throw noDirectory(path);
}

/** Makes a directory, and those above it that are missing, durably and for the owner alone. */
async function makeDirectory(path: string): Promise<void> {
  const absolute = resolve(path);
  const highestMade = mkdirSync(absolute, { recursive: true, mode: 0o700 }) ?? absolute;
  for (let made = absolute; made.length >= highestMade.length; made = dirname(made)) {
    await syncDirectory(dirname(made));
  }
}

function unusable(path: string, cause: unknown): EntError {
  const code = systemErrorCode(cause) ?? "an unknown error";
  return dataDirInvalid(
    `${path} cannot be used as data directory: ${code}`,
    "Check that the path is a directory on a local disk that this user may read and write.",
    cause,
  );
}

function noDirectory(path: string): EntError {
  return dataDirInvalid(
    `${path} is not a directory`,
    "Remove what is in its place, or choose another data directory.",
  );
}

/** DATA_DIR_INVALID: the directory is not one that can be used like this. */
export function dataDirInvalid(message: string, hint: string, cause?: unknown): EntError {
  const reason = "DATA_DIR_INVALID";
  return new EntError({ code: "failed_precondition", reason, message, hint, cause });
}
