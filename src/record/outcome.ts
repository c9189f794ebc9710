import { EntError, type ErrorCode, type ErrorDetails, type ErrorReason } from "../base/errors.ts";
import type { SchemaDifference } from "../schema/types.ts";
import type { AppendResult } from "./event.ts";

/** What one operation came to. */
export interface OperationResult {
  /** The node that the operation was about; empty for edges and schema. */
  readonly nodeId: string;
  /** The edge that the operation was about; empty for nodes and schema. */
  readonly edgeId: string;
  /** The node's version after the whole transaction; 0 for edges, schema and purged nodes. */
  readonly version: number;
  /** Whether a create made something, or answered with what was there; for types, whether the schema changed. False otherwise. */
  readonly created: boolean;
  /** Of `append_events` only. */
  readonly append?: AppendResult;
}

export interface AppliedOutcome {
  readonly state: "applied";
  readonly results: readonly OperationResult[];
  /** Where types sent to merge differ from what the tenant kept. */
  readonly schemaDifferences: readonly SchemaDifference[];
}

/** A refusal decided at apply, remembered under the idempotency key like any other outcome. */
export interface RejectedOutcome {
  readonly state: "rejected";
  readonly code: ErrorCode;
  readonly reason: ErrorReason;
  readonly message: string;
  readonly hint: string;
  readonly details: ErrorDetails;
}

export type Outcome = AppliedOutcome | RejectedOutcome;

/** An outcome and the place in the log that first decided it. */
export interface DecidedOutcome {
  readonly outcome: Outcome;
  /** Offset of the record that was decided; for a repeated key that of the first record. */
  readonly offset: number;
  /** Log time of that record. */
  readonly appliedAt: number;
}

/** The refusal of a key that was used for another request. */
export function keyReused(idempotencyKey: string): EntError {
  return new EntError({
    code: "already_exists",
    reason: "IDEMPOTENCY_KEY_REUSED",
    message: "This idempotency key was used for another request; nothing was done.",
    hint: "Use a fresh key for a new request, and the same key only to repeat the same one.",
    details: { idempotency_key: idempotencyKey },
  });
}
