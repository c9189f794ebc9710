import { EntError, type EntErrorInit } from "./errors.ts";

/**
 * Errors as plain data, to cross from one thread to another: a structured clone keeps of an
 * error neither its class nor its reason. What arrives says, counts and logs as what was sent.
 */
export type ErrorData =
  | {
      readonly kind: "ent";
      readonly init: Omit<EntErrorInit, "cause">;
      readonly cause: ErrorData | undefined;
    }
  | {
      readonly kind: "other";
      readonly name: string;
      readonly message: string;
      readonly stack: string | undefined;
      /** As the system or SQLite calls it; empty: none. */
      readonly code: string;
    };

/** Causes behind causes; what lies deeper explains nothing any more. */
const DEPTH_MAX = 5;

export function errorToData(error: unknown, depth = 0): ErrorData {
  if (error instanceof EntError) {
    const { code, reason, message, hint, details, retryable, retryAfterMs, cause } = error;
    return {
      kind: "ent",
      init: { code, reason, message, hint, details, retryable, retryAfterMs },
      cause: cause === undefined || depth === DEPTH_MAX ? undefined : errorToData(cause, depth + 1),
    };
  }
  const { name, message, stack, code } = (error ?? {}) as Partial<Error> & { code?: unknown };
  return {
    kind: "other",
    name: String(name ?? "Error"),
    message: String(message ?? error),
    stack,
    code: typeof code === "string" ? code : "",
  };
}

export function errorFromData(data: ErrorData): Error {
  if (data.kind === "ent") {
    return new EntError({ ...data.init, cause: data.cause && errorFromData(data.cause) });
  }
  const { name, message, stack, code } = data;
  const error = new Error(message);
  if (stack !== undefined) error.stack = stack;
  return Object.assign(error, { name }, code === "" ? {} : { code });
}
