import { EntError } from "../base/errors.ts";

/**
 * Why a request ends, or is not begun, for reasons that have nothing to do with what it
 * asks: the same words on every face.
 */

export function deadlineExceeded(): EntError {
  return new EntError({
    code: "deadline_exceeded",
    reason: "DEADLINE_EXCEEDED",
    message: "The request took longer than its deadline allows.",
    hint: "Whether a write happened is known by its idempotency key: send it again, or ask for its receipt.",
    retryable: true,
  });
}

export function clientGone(): EntError {
  return new EntError({
    code: "canceled",
    reason: "CANCELED",
    message: "The client gave the request up.",
  });
}

export function overloaded(): EntError {
  return new EntError({
    code: "resource_exhausted",
    reason: "OVERLOADED",
    message: "The server has as many requests under way as it takes.",
    hint: "Try again after a pause, and send fewer requests at once.",
    retryable: true,
  });
}
