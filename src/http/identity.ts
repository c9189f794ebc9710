import { EntError, invalid } from "../base/errors.ts";
import type { Caller } from "../record/caller.ts";
import { identify } from "../tenant/identity.ts";
import type { HttpCall } from "./call.ts";
import { textParam } from "./params.ts";

const TENANT_HEADER = "x-tenant-id";
const ACTOR_HEADER = "x-actor";

/** What every route about a tenant's data takes in its query. */
export const identityParams = {
  tenant_id: textParam("The tenant; also as header X-Tenant-ID."),
  actor: textParam('Who asks, as "user:alice"; also as header X-Actor.'),
};

/** Where a request may name its caller besides the headers. */
export interface IdentityClaim {
  readonly tenant_id?: string | undefined;
  readonly actor?: string | undefined;
}

/**
 * Who asks, in trusted mode: the client names tenant and actor, in headers, query or body.
 * Where several say something they must say the same, so that no proxy that sets the
 * headers can be talked round by a body.
 * Throws TENANT_MISMATCH, PERMISSION_DENIED, INVALID_TENANT_ID, INVALID_ACTOR.
 */
export function callerOf(call: HttpCall, query: IdentityClaim, body?: IdentityClaim): Caller {
  const tenantId = oneOf(
    call.header(TENANT_HEADER) ?? "",
    query.tenant_id ?? "",
    body?.tenant_id ?? "",
  );
  if (tenantId === undefined) throw tenantMismatch();
  const actor = oneOf(call.header(ACTOR_HEADER) ?? "", query.actor ?? "", body?.actor ?? "");
  if (actor === undefined) throw actorMismatch();
  return identify({ tenantId, actor });
}

/** The one name among them, empty when there is none; undefined when they disagree. */
function oneOf(header: string, query: string, body: string): string | undefined {
  const name = header || query || body;
  if ((query !== "" && query !== name) || (body !== "" && body !== name)) return undefined;
  return name;
}

/** One constant answer for everybody who has not said who they are. */
export function unauthenticated(): EntError {
  return new EntError({
    code: "unauthenticated",
    reason: "UNAUTHENTICATED",
    message: "This needs a credential.",
    hint: "Send one in the header Authorization.",
  });
}

function tenantMismatch(): EntError {
  return new EntError({
    code: "permission_denied",
    reason: "TENANT_MISMATCH",
    message: "The request names different tenants in its header, query or body.",
    hint: "Name the tenant in one of them, or the same in all.",
  });
}

function actorMismatch(): EntError {
  return invalid(
    "INVALID_ACTOR",
    "The request names different actors in its header, query or body.",
    "Name the actor in one of them, or the same in all.",
  );
}
