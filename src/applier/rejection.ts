import type { EntError } from "../base/errors.ts";
import type { RejectedOutcome } from "../record/outcome.ts";

/** The outcome that a refusal at apply is remembered as. */
export function rejectionOf(error: EntError): RejectedOutcome {
  const { code, reason, message, hint, details } = error;
  return { state: "rejected", code, reason, message, hint: hint ?? "", details };
}
