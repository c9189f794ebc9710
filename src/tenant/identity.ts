import { EntError, invalid } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import { EVERYBODY } from "../record/access.ts";
import { SYSTEM_TENANT_ID } from "../record/transaction.ts";
import { isPrincipal } from "../schema/principal.ts";

/**
 * Who asks, of which tenant: one parser for every face. What is not in the grammar is
 * refused, never rewritten, and ids are compared byte for byte.
 */
const TENANT_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

export function isTenantId(text: string): boolean {
  return TENANT_ID.test(text);
}

/** The tenant's id, checked. Throws INVALID_TENANT_ID. */
export function parseTenantId(text: string): string {
  if (isTenantId(text)) return text;
  throw invalid(
    "INVALID_TENANT_ID",
    text === "" ? "The request names no tenant." : `The tenant id ${quoted(text)} is not valid.`,
    `Send 1 to ${limits.tenantIdChars} characters of A-Z, a-z, 0-9, ".", "_" and "-", beginning with a letter or digit, as tenant_id or in the header X-Tenant-ID.`,
  );
}

/** As {@link parseTenantId}; the catalog is taken too, which operators name as they name tenants. */
export function parseTenantOrCatalog(text: string): string {
  return text === SYSTEM_TENANT_ID ? text : parseTenantId(text);
}

/** The actor, checked. Throws INVALID_ACTOR. */
export function parseActor(text: string): string {
  if (isPrincipal(text) && text !== EVERYBODY) return text;
  throw invalid(
    "INVALID_ACTOR",
    text === "" ? "The request names no actor." : `The actor ${quoted(text)} is not valid.`,
    `Send "user:" and a name (at most ${limits.actorBytes} bytes, no blanks) as actor or in the header X-Actor.`,
  );
}

/** The actor whom a client in trusted mode names. Throws INVALID_ACTOR, PERMISSION_DENIED for a `system:`. */
export function parseTrustedActor(text: string): string {
  const actor = parseActor(text);
  if (!actor.startsWith("system:")) return actor;
  throw new EntError({
    code: "permission_denied",
    reason: "PERMISSION_DENIED",
    message: "Nobody acts as system: without a credential that says so.",
    hint: 'Name a person or a program: "user:" and a name.',
  });
}

function quoted(text: string): string {
  return JSON.stringify(text.length > 64 ? `${text.slice(0, 64)}…` : text);
}
