import type { MembershipStep } from "../../record/transaction.ts";
import type { RequestedOperation, TransactionRequest } from "../engine.ts";

/** A transaction of the tenant's own log, answered when it is applied. */
export function applied(...operations: readonly RequestedOperation[]): TransactionRequest {
  return {
    idempotencyKey: "",
    operations,
    wait: "applied",
    schemaFingerprint: "",
    schema: undefined,
  };
}

export function membershipRequest(...steps: readonly MembershipStep[]): TransactionRequest {
  return applied(...steps.map((step) => ({ op: "membership" as const, step })));
}
