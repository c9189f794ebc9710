import { EntError } from "../base/errors.ts";
import { ACTOR_HEADER, callerOfClaims, TENANT_HEADER } from "../face/claim.ts";
import type { Caller } from "../record/caller.ts";
import type { HttpCall } from "./call.ts";
import { textParam } from "./params.ts";

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
 * Who asks: named in headers, query or body, alike wherever it is named. Throws as
 * `callerOfClaims`.
 */
export function callerOf(call: HttpCall, query: IdentityClaim, body?: IdentityClaim): Caller {
  return callerOfClaims([
    { tenantId: call.header(TENANT_HEADER) ?? "", actor: call.header(ACTOR_HEADER) ?? "" },
    { tenantId: query.tenant_id ?? "", actor: query.actor ?? "" },
    { tenantId: body?.tenant_id ?? "", actor: body?.actor ?? "" },
  ]);
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
