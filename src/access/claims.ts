import { limits } from "../base/limits.ts";
import { isActor } from "../record/access.ts";
import { isTenantId } from "../tenant/identity.ts";
import type { Identity } from "./identity.ts";

/** Which claims of a verified token say what. */
export interface TokenClaims {
  readonly tenant: string;
  readonly actor: string;
  readonly roles: string;
  /** Whether a token without a tenant is a credential of the server, and may name a `system:` actor. */
  readonly mayBeOfServer: boolean;
}

const ACT_AS = "may_act_as";
const ROLE = /^[^\s\p{Cc}\p{Cs}]+$/u;
const TOKEN_ID = /^[\x21-\x7e]{1,128}$/;

/**
 * The identity that a verified token stands for; undefined when it does not say, or says
 * something that no token may. A subject that is no principal yet becomes a "user:"; one
 * that is must be a "user:" too, or a "system:" where tokens may be of the server: an issuer
 * lets people choose their names, and nobody becomes a group or a role by choosing its name.
 */
export function readClaims(
  payload: Readonly<Record<string, unknown>>,
  claims: TokenClaims,
  token: { readonly expiresAt: number; readonly digest: string },
): Identity | undefined {
  const tenantId = tenantOf(payload[claims.tenant], claims);
  const actor = actorOf(payload[claims.actor]);
  const roles = namesOf(payload[claims.roles], (name) => ROLE.test(name));
  const mayActAs = namesOf(payload[ACT_AS], (name) => name === "*" || isActor(name));
  if (tenantId === undefined || actor === undefined) return undefined;
  if (roles === undefined || mayActAs === undefined) return undefined;
  const isServers = tenantId === "" && claims.mayBeOfServer;
  if (!isServers && [actor, ...mayActAs].some((name) => name.startsWith("system:"))) {
    return undefined;
  }
  const id = payload["jti"];
  const name = typeof id === "string" && TOKEN_ID.test(id) ? id : token.digest;
  return {
    tenantId,
    actor,
    mayActAs,
    roles,
    credential: `jwt:${name}`,
    expiresAt: token.expiresAt,
  };
}

function tenantOf(claim: unknown, claims: TokenClaims): string | undefined {
  if (claim === undefined) return claims.mayBeOfServer ? "" : undefined;
  return typeof claim === "string" && isTenantId(claim) ? claim : undefined;
}

function actorOf(claim: unknown): string | undefined {
  if (typeof claim !== "string" || claim === "") return undefined;
  const actor = /^(?:user|role|group|system|tenant):/.test(claim) ? claim : `user:${claim}`;
  return isActor(actor) ? actor : undefined;
}

/** An absent list is an empty one; anything else than a list of such names is none. */
function namesOf(claim: unknown, fits: (name: string) => boolean): readonly string[] | undefined {
  if (claim === undefined) return [];
  if (!Array.isArray(claim) || claim.length > limits.principalsPerActor) return undefined;
  const names = claim.filter(
    (name): name is string =>
      typeof name === "string" && Buffer.byteLength(name) <= limits.actorBytes && fits(name),
  );
  return names.length === claim.length ? names : undefined;
}
