import { systemErrorCode } from "../base/durable-file.ts";
import { EntError } from "../base/errors.ts";
import {
  bucketNotFound,
  storageAccessDenied,
  storageTimeout,
  storageUnavailable,
} from "./errors.ts";

/** What a call's failure means to us. */
type S3ErrorKind = "taken" | "no object" | "no bucket" | "denied" | "timeout" | "other";

const DENIED: ReadonlySet<string> = new Set([
  "AccessDenied",
  "CredentialsProviderError",
  "ExpiredToken",
  "InvalidAccessKeyId",
  "SignatureDoesNotMatch",
  // How versitygw calls an access key that it does not know; with status 404.
  "XAdminUserNotFound",
]);
const TIMEOUT: ReadonlySet<string> = new Set(["TimeoutError", "RequestTimeout", "ETIMEDOUT"]);
const CLOSED: ReadonlySet<string> = new Set(["ECONNRESET", "EPIPE"]);

export function kindOf(error: unknown): S3ErrorKind {
  if (!(error instanceof Error) || error instanceof EntError) return "other";
  const status = statusOf(error);
  if (error.name === "NoSuchBucket") return "no bucket";
  if (status === 412 || error.name === "PreconditionFailed") return "taken";
  if (DENIED.has(error.name) || status === 401 || status === 403) return "denied";
  if (error.name === "NoSuchKey" || error.name === "NotFound") return "no object";
  // The client calls a connection that was closed a time-out as well.
  const isClosed = CLOSED.has(systemErrorCode(error) ?? "");
  return TIMEOUT.has(error.name) && !isClosed ? "timeout" : "other";
}

/**
 * The error by its name. What only the caller can judge ("taken", "no object") comes back as
 * it is.
 */
export function namedS3Error(place: string, what: string, timeoutMs: number, error: unknown) {
  if (error instanceof EntError) return error;
  switch (kindOf(error)) {
    case "taken":
    case "no object":
      return error;
    case "no bucket":
      return bucketNotFound(place, error);
    case "denied":
      return storageAccessDenied(place, what, error);
    case "timeout":
      return storageTimeout(place, what, timeoutMs);
    case "other":
      return storageUnavailable(place, what, error);
  }
}

function statusOf(error: object): number | undefined {
  if (!("$metadata" in error)) return undefined;
  const { httpStatusCode } = error.$metadata as { readonly httpStatusCode?: number };
  return httpStatusCode;
}
