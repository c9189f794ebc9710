import type { Asker } from "../access/audit-log.ts";
import type { Identity } from "../access/identity.ts";
import { EntError } from "../base/errors.ts";
import { actsForAnother } from "./claim.ts";

/** What a call of either face does with whoever it turned out to be of. */
export interface AdmittingCall {
  readonly identity: Identity;
  /** Takes a request from the buckets of its tenant and credential. Throws RATE_LIMITED. */
  pace(asker: Asker): void;
  /** Notes in the audit that the credential acted in another's name. */
  actedFor(asker: Asker): void;
}

/** Counted by tenant and credential, and noted where it acts in another's name. Throws RATE_LIMITED. */
export function admitted<T extends Asker>(call: AdmittingCall, asker: T): T {
  call.pace(asker);
  if (actsForAnother(call.identity, asker)) call.actedFor(asker);
  return asker;
}

/**
 * What a call answers that failed before anybody asked whom it is from. A request that has not
 * the form of its message counts like any other, where a credential came with it: RATE_LIMITED
 * takes the error's place when it may not pass.
 */
export function countedRefusal(
  error: unknown,
  identity: Identity | undefined,
  pace: (asker: Asker) => void,
): unknown {
  if (identity === undefined || identity.credential === "") return error;
  if (!(error instanceof EntError) || error.code !== "invalid_argument") return error;
  try {
    pace(identity);
    return error;
  } catch (limited) {
    return limited;
  }
}
