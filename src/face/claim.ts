import { type Identity, isOfServer, TRUSTED } from "../access/identity.ts";
import { needsServerCredential } from "../access/refusals.ts";
import { EntError, invalid } from "../base/errors.ts";
import type { Caller } from "../record/caller.ts";
import { parseActor, parseTenantId, parseTrustedActor } from "../tenant/identity.ts";

/**
 * Who asks, from who it is (`access/`) and what the request claims. With a credential,
 * tenant and actor are the credential's: a claim of another tenant is refused before
 * anything is looked up, and another actor needs the right to act for it. In trusted mode
 * the client names both. Where several places of a request say something they must say the
 * same, so that no proxy that sets the headers can be talked round by a body.
 */

/** The headers in which a client may name its tenant and actor. */
export const TENANT_HEADER = "x-tenant-id";
export const ACTOR_HEADER = "x-actor";

/** What one place of a request says of its caller; empty: nothing. */
export interface Claim {
  readonly tenantId: string;
  readonly actor: string;
}

/**
 * The caller inside a tenant. Throws TENANT_MISMATCH, PERMISSION_DENIED, INVALID_TENANT_ID,
 * INVALID_ACTOR.
 */
export function callerOfClaims(identity: Identity, claims: readonly Claim[]): Caller {
  const claimed = agreed(claims);
  if (identity.credential !== "") return callerWithCredential(identity, claimed);
  const { tenantId, actor } = claimed;
  return {
    tenantId: parseTenantId(tenantId),
    actor: parseTrustedActor(actor),
    roles: [],
    credential: "",
  };
}

/**
 * The caller as one who administers the tenant: with a credential the same; in trusted mode
 * with every right, because whoever reaches the port may administer. Throws as
 * {@link callerOfClaims}.
 */
export function administratorOfClaims(identity: Identity, claims: readonly Claim[]): Caller {
  if (identity.credential !== "") return callerOfClaims(identity, claims);
  const { tenantId, actor } = agreed(claims);
  return {
    tenantId: parseTenantId(tenantId),
    actor: actor === "" ? TRUSTED.actor : parseTrustedActor(actor),
    roles: TRUSTED.roles,
    credential: "",
  };
}

/**
 * Who asks for something about the server or its tenants as such: the identity, under the
 * name of the actor that the request claims. Whoever acts for somebody asks as one of the
 * tenant that the request names, since nothing of the server is that somebody's. Throws as
 * {@link callerOfClaims}.
 */
export function operatorOfClaims(identity: Identity, claims: readonly Claim[]): Identity {
  const claimed = agreed(claims);
  if (identity.credential === "") {
    return claimed.actor === ""
      ? identity
      : { ...identity, actor: parseTrustedActor(claimed.actor) };
  }
  if (claimed.actor === "" || claimed.actor === identity.actor) {
    requireTenant(identity, claimed.tenantId);
    return identity;
  }
  if (isOfServer(identity) && claimed.tenantId === "") throw needsServerCredential();
  return { ...identity, ...callerWithCredential(identity, claimed), mayActAs: [] };
}

/** Whether the server itself may be looked after by a request that names this actor (empty: none). */
export function mayAskForServer(identity: Identity, actor: string): boolean {
  if (!isOfServer(identity)) return false;
  return actor === "" || actor === identity.actor || identity.credential === "";
}

/** Whether the caller acts in the name of somebody else than the credential's own actor. */
export function actsForAnother(
  identity: Identity,
  caller: Pick<Caller, "actor" | "credential">,
): boolean {
  return caller.credential !== "" && caller.actor !== identity.actor;
}

function callerWithCredential(identity: Identity, claimed: Claim): Caller {
  requireTenant(identity, claimed.tenantId);
  const actor = actorOf(identity, claimed.actor);
  return {
    tenantId: isOfServer(identity) ? parseTenantId(claimed.tenantId) : identity.tenantId,
    actor,
    // Roles are the credential's own actor's; whoever is acted for has what the tenant gave it.
    roles: actor === identity.actor ? identity.roles : [],
    credential: identity.credential,
  };
}

function requireTenant(identity: Identity, claimed: string): void {
  if (isOfServer(identity) || claimed === "" || claimed === identity.tenantId) return;
  throw new EntError({
    code: "permission_denied",
    reason: "TENANT_MISMATCH",
    message: "The request names another tenant than the one that its credential is good for.",
    hint: "Leave the tenant out, or use a credential of the tenant that is meant.",
  });
}

function actorOf(identity: Identity, claimed: string): string {
  if (claimed === "" || claimed === identity.actor) return identity.actor;
  const actor = parseActor(claimed);
  const { mayActAs } = identity;
  if (mayActAs.includes(actor) || (mayActAs.includes("*") && actor.startsWith("user:"))) {
    return actor;
  }
  throw new EntError({
    code: "permission_denied",
    reason: "PERMISSION_DENIED",
    message: "The credential may not act for the actor that the request names.",
    hint: "Leave the actor out, or use a credential that may act for it.",
  });
}

function agreed(claims: readonly Claim[]): Claim {
  const tenantId = oneOf(claims, "tenantId");
  if (tenantId === undefined) throw tenantMismatch();
  const actor = oneOf(claims, "actor");
  if (actor === undefined) throw actorMismatch();
  return { tenantId, actor };
}

/** The one name among them, empty when there is none; undefined when they disagree. */
function oneOf(claims: readonly Claim[], what: keyof Claim): string | undefined {
  let found = "";
  for (const { [what]: name } of claims) {
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
