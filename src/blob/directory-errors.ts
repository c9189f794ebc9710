import { systemErrorCode } from "../base/durable-file.ts";
import { EntError } from "../base/errors.ts";
import { bucketNotFound, storageAccessDenied, storageUnavailable } from "./errors.ts";

/** Gives the system's errors the names that a store promises. */
export interface DirectoryErrors {
  /** Does the work; what the system throws comes out with its name. */
  naming<T>(what: string, work: () => Promise<T>): Promise<T>;
  named(what: string, error: unknown): unknown;
}

const DENIED: readonly string[] = ["EACCES", "EPERM", "EROFS"];

export function directoryErrors(place: string): DirectoryErrors {
  const named = (what: string, error: unknown): unknown => {
    const code = systemErrorCode(error);
    if (error instanceof EntError || code === undefined) return error;
    if (DENIED.includes(code)) return storageAccessDenied(place, `${what} (${code})`, error);
    if (code === "ENOENT") return bucketNotFound(place, error);
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
