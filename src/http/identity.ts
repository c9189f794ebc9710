import type { Identity } from "../access/identity.ts";
import { needsServerCredential } from "../access/refusals.ts";
import { admitted } from "../face/admitted.ts";
import {
  ACTOR_HEADER,
  administratorOfClaims,
  type Claim,
  callerOfClaims,
  mayAskForServer,
  operatorOfClaims,
  TENANT_HEADER,
} from "../face/claim.ts";
import type { Caller } from "../record/caller.ts";
import type { HttpCall } from "./call.ts";
import { textParam } from "./params.ts";

/** What every route about a tenant's data takes in its query. */
export const identityParams = {
  tenant_id: textParam(
    "The tenant; also as header X-Tenant-ID. A credential of a tenant names it already.",
  ),
  actor: textParam(
    'Who asks, as "user:alice"; also as header X-Actor. With a credential: for whom it acts.',
  ),
};

/** Where a request may name its caller besides the headers. */
export interface IdentityClaim {
  readonly tenant_id?: string | undefined;
  readonly actor?: string | undefined;
}

/**
 * Who asks: as the credential says, or in trusted mode headers, query or body, alike
 * wherever it is named. Throws as `callerOfClaims`.
 */
export function callerOf(call: HttpCall, query: IdentityClaim, body?: IdentityClaim): Caller {
  return admitted(call, callerOfClaims(call.identity, claimsOf(call, query, body)));
}

/** The same for what administers a tenant: in trusted mode with every right. */
export function administratorOf(
  call: HttpCall,
  query: IdentityClaim,
  body?: IdentityClaim,
): Caller {
  return admitted(call, administratorOfClaims(call.identity, claimsOf(call, query, body)));
}

/** Who asks for something that is about the server or its tenants as such. Throws as `callerOfClaims`. */
export function operatorOf(call: HttpCall): Identity {
  const operator = operatorOfClaims(call.identity, claimsOf(call, {}, undefined));
  admitted(call, operator);
  return operator;
}

/** For what is about the server itself. Throws PERMISSION_DENIED. */
export function requireServer(call: HttpCall): void {
  const actor = call.header(ACTOR_HEADER) ?? "";
  if (!mayAskForServer(call.identity, actor)) throw needsServerCredential();
}

function claimsOf(call: HttpCall, query: IdentityClaim, body: IdentityClaim | undefined): Claim[] {
  return [
    { tenantId: call.header(TENANT_HEADER) ?? "", actor: call.header(ACTOR_HEADER) ?? "" },
    { tenantId: query.tenant_id ?? "", actor: query.actor ?? "" },
    { tenantId: body?.tenant_id ?? "", actor: body?.actor ?? "" },
  ];
}
