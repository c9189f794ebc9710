import { EntError, invalid } from "../base/errors.ts";
import type { Caller } from "../record/caller.ts";
import { identify } from "../tenant/identity.ts";

/** The headers in which a client in trusted mode may name its tenant and itself. */
export const TENANT_HEADER = "x-tenant-id";
export const ACTOR_HEADER = "x-actor";

/** What one place of a request says of its caller; empty: nothing. */
export interface Claim {
  readonly tenantId: string;
  readonly actor: string;
}

/**
 * Who asks, in trusted mode: the client names tenant and actor, in headers, query, body or
 * message. Where several places say something they must say the same, so that no proxy
 * that sets the headers can be talked round by a body.
 * Throws TENANT_MISMATCH, PERMISSION_DENIED, INVALID_TENANT_ID, INVALID_ACTOR.
 */
export function callerOfClaims(claims: readonly Claim[]): Caller {
  const tenantId = oneOf(claims.map((claim) => claim.tenantId));
  if (tenantId === undefined) throw tenantMismatch();
  const actor = oneOf(claims.map((claim) => claim.actor));
  if (actor === undefined) throw actorMismatch();
  return identify({ tenantId, actor });
}

/** The one name among them, empty when there is none; undefined when they disagree. */
function oneOf(names: readonly string[]): string | undefined {
  let found = "";
  for (const name of names) {
    if (name === "" || name === found) continue;
    if (found !== "") return undefined;
    found = name;
  }
  return found;
}

function tenantMismatch(): EntError {
  return new EntError({
    code: "permission_denied",
    reason: "TENANT_MISMATCH",
    message: `The request names different tenants (header ${TENANT_HEADER}, query, body or message).`,
    hint: "Name the tenant in one of them, or the same in all.",
  });
}

function actorMismatch(): EntError {
  return invalid(
    "INVALID_ACTOR",
    `The request names different actors (header ${ACTOR_HEADER}, query, body or message).`,
    "Name the actor in one of them, or the same in all.",
    { field: "context.actor" },
  );
}
