import { existsSync, readdirSync, renameSync } from "node:fs";
import { rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { syncDirectory, systemErrorCode } from "../base/durable-file.ts";

/**
 * Directories below `tenants/` that no tenant has any more.
 *
 * A deleted tenant's directory is first renamed, which is quick and leaves nothing under the
 * name that the catalog knew, and then removed with what lay beside it. Whatever a crash
 * leaves of that is found by {@link strayDirectories} at the next start.
 */
export const REBUILD_SUFFIX = ".rebuild";
export const ASIDE_SUFFIX = ".aside";
const DELETED_SUFFIX = ".deleted";

/** Names that only EntDB makes. Anything else that lies there is somebody's own. */
const OURS = /^([0-9a-hjkmnp-tv-z]{26})(?:\.rebuild|\.aside|\.deleted)?$/;

/** Takes a directory out of its place. Throws what the system says. */
export function retireDirectory(directory: string): void {
  if (existsSync(directory)) renameSync(directory, directory + DELETED_SUFFIX);
}

/** Removes everything that a directory of this name has left, for good. Rejects with what the system says. */
export async function removeRetired(directory: string): Promise<void> {
  for (const suffix of ["", DELETED_SUFFIX, REBUILD_SUFFIX, ASIDE_SUFFIX]) {
    await removeTree(directory + suffix);
  }
  await syncDirectory(dirname(directory));
}

/** Whoever still has a file open in it may make another one meanwhile. */
const ATTEMPTS = 5;

async function removeTree(path: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await rm(path, { recursive: true, force: true });
    } catch (error) {
      if (attempt === ATTEMPTS || systemErrorCode(error) !== "ENOTEMPTY") throw error;
    }
  }
}

/** The directories of tenants, each without what is behind its name, that `isUsed` says no to. */
export function strayDirectories(parent: string, isUsed: (directory: string) => boolean): string[] {
  const names = readdirSync(parent, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => OURS.exec(basename(entry.name))?.[1])
    .filter((name) => name !== undefined);
  return [...new Set(names)].filter((name) => !isUsed(name)).map((name) => join(parent, name));
}
