import { chmodSync, closeSync, openSync, statSync } from "node:fs";

/** What SQLite keeps beside a file, in the file's own mode, and what a crash leaves of it. */
const COMPANIONS = ["", "-wal", "-shm", "-journal"];
const OWNER_ONLY = 0o600;
const BY_OTHERS = 0o077;

/**
 * Makes an empty file that its owner alone may use, for SQLite to fill: it would make one that
 * everybody reads. Leaves a file that is there, and says whether it made one.
 */
export function makePrivateFile(file: string): boolean {
  if (statSync(file, { throwIfNoEntry: false }) !== undefined) return false;
  closeSync(openSync(file, "a", OWNER_ONLY));
  return true;
}

/**
 * Takes a file of SQLite, and what is kept beside it, from everybody but its owner. By its name:
 * to close a descriptor of an open file would drop the locks that this process has on it.
 */
export function keepPrivate(file: string): void {
  for (const companion of COMPANIONS) {
    const path = `${file}${companion}`;
    const mode = statSync(path, { throwIfNoEntry: false })?.mode ?? 0;
    if ((mode & BY_OTHERS) !== 0) chmodSync(path, OWNER_ONLY);
  }
}
