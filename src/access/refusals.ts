import { EntError } from "../base/errors.ts";

/**
 * One constant answer to everybody who has not said who they are: no credential, one that
 * is unknown, revoked, expired, wrongly signed, of a tenant that is gone. Which of them it
 * was is nobody's business but the operator's.
 */
export function unauthenticated(): EntError {
  return new EntError({
    code: "unauthenticated",
    reason: "UNAUTHENTICATED",
    message: "This needs a credential that holds.",
    hint: "Send an API key or a token in the header Authorization, after the word Bearer.",
  });
}

/** The credential holds, but is of a tenant, or is used in the name of somebody who is of one. */
export function needsServerCredential(): EntError {
  return new EntError({
    code: "permission_denied",
    reason: "PERMISSION_DENIED",
    message:
      "This is about the server itself, and needs a credential of the server in its own name.",
    hint: "Use a credential of the server, and name no other actor (X-Actor).",
  });
}
