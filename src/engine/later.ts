import { EntError } from "../base/errors.ts";

/** Stands where a part of the engine is being built: every call of it is refused. */
export function later<T extends object>(feature: string): T {
  const refuse = () => {
    throw new EntError({
      code: "unimplemented",
      reason: "NOT_IMPLEMENTED",
      message: `${feature}: not in this version.`,
      hint: "Update the server, or do without.",
    });
  };
  return new Proxy({} as T, { get: () => refuse });
}
