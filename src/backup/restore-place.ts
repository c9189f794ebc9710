import { existsSync, renameSync } from "node:fs";
import { mkdir, readdir, rm } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { syncDirectory, systemErrorCode } from "../base/durable-file.ts";
import { EntError } from "../base/errors.ts";
import type { Random } from "../base/random.ts";
import { dataDirInvalid } from "../store/data-dir.ts";

/**
 * Makes a directory whole or not at all: `make` fills one beside it, which gets the name when
 * everything in it is on disk. The name must be free, or that of an empty directory; where
 * `keep` is false nothing gets it. Whatever `make` throws leaves nothing behind. Throws
 * DATA_DIR_INVALID when the place is taken, cannot be written to, or is full.
 */
export async function makeDirectory<T>(
  { directory, keep, random }: { directory: string; keep: boolean; random: Random },
  make: (staging: string) => Promise<T>,
): Promise<T> {
  const target = resolve(directory);
  const parent = dirname(target);
  const suffix = Buffer.from(random.bytes(6)).toString("hex");
  const staging = join(parent, `.${basename(target)}.restoring-${suffix}`);
  try {
    await requireFree(target);
    await mkdir(staging, { recursive: true, mode: 0o700 });
    try {
      const made = await make(staging);
      if (keep) await publish(staging, target);
      return made;
    } finally {
      await rm(staging, { recursive: true, force: true });
    }
  } catch (error) {
    throw placeTrouble(target, error);
  }
}

async function publish(staging: string, target: string): Promise<void> {
  await syncDirectory(staging);
  renameSync(staging, target);
  await syncDirectory(dirname(target));
}

async function requireFree(directory: string): Promise<void> {
  const entries = await readdir(directory).catch((error: unknown) => {
    if (systemErrorCode(error) === "ENOENT") return [];
    throw error;
  });
  if (entries.length === 0) return;
  throw dataDirInvalid(
    `${directory} is not empty (found ${entries[0]})`,
    "Name a directory that does not exist yet, or an empty one.",
  );
}

/** Whether this is a data directory, rather than a place for one. */
export function isDataDirectory(directory: string): boolean {
  return existsSync(join(directory, "format.json"));
}

/** Throws DATA_DIR_INVALID unless it is one: opening would make one out of a misspelt name. */
export function requireDataDirectory(directory: string): void {
  if (isDataDirectory(directory)) return;
  throw dataDirInvalid(
    `${directory} is no data directory of EntDB`,
    "Name the directory of the stopped server.",
  );
}

/** What the system or SQLite says of the place, as DATA_DIR_INVALID that names it; anything else as it is. */
export function placeTrouble(directory: string, error: unknown): unknown {
  if (error instanceof EntError) return error;
  const code = String((error as { code?: unknown } | null)?.code ?? "");
  const [, what] = TROUBLES.find(([codes]) => codes.test(code)) ?? [];
  if (what === undefined) return error;
  return dataDirInvalid(
    `${directory} ${what} (${code})`,
    "Name a directory on a local disk with room, which this user may write to.",
    error,
  );
}

const TROUBLES: readonly (readonly [RegExp, string])[] = [
  [/^(ENOSPC|EDQUOT|SQLITE_FULL)/, "has no room left"],
  [/^(EROFS|SQLITE_READONLY)/, "cannot be written to: it is read-only"],
  [/^(EACCES|EPERM|SQLITE_CANTOPEN)/, "cannot be written to by this user"],
  [/^ENOENT/, "cannot be made: what it would lie in cannot be made either"],
  [/^ENOTDIR/, "cannot be made: a file stands there, or on the way to it"],
  [/^(EEXIST|ENOTEMPTY)/, "is no empty directory any more"],
  [/^(EIO|SQLITE_IOERR)/, "cannot be written to: the disk fails"],
];
