import { systemErrorCode } from "../base/durable-file.ts";
import { EntError } from "../base/errors.ts";
import { directoryNotFound, storageUnavailable } from "./errors.ts";

/** Gives the system's errors the names that a store promises. */
export interface DirectoryErrors {
  /** Does the work; what the system throws comes out with its name. */
  naming<T>(what: string, work: () => Promise<T>): Promise<T>;
  named(what: string, error: unknown): unknown;
}

/** What the system's refusals say to people. */
const DENIED: ReadonlyMap<string, string> = new Map([
  ["EACCES", "permission denied"],
  ["EPERM", "operation not permitted"],
  ["EROFS", "its file system is read-only"],
]);

export function directoryErrors(place: string): DirectoryErrors {
  const named = (what: string, error: unknown): unknown => {
    const code = systemErrorCode(error);
    if (error instanceof EntError || code === undefined) return error;
    if (DENIED.has(code)) return denied(place, what, DENIED.get(code) ?? code, error);
    if (code === "ENOENT") return directoryNotFound(place, error);
    return storageUnavailable(place, what, error);
  };
  return {
    named,
    naming: async (what, work) => {
      try {
        return await work();
      } catch (error) {
        throw named(what, error);
      }
    },
  };
}

function denied(place: string, what: string, why: string, cause: unknown): EntError {
  return new EntError({
    code: "failed_precondition",
    reason: "STORAGE_ACCESS_DENIED",
    message: `${place} could not ${what}: ${why}`,
    hint: "Let the user that the server runs as read and write this directory, or name another one with ENTDB_BACKUP_DIR.",
    details: { place },
    cause,
  });
}
