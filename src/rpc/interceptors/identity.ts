import type { RequestContext } from "../../../gen/entdb/v1/model_pb.ts";
import type { Identity } from "../../access/identity.ts";
import { admitted } from "../../face/admitted.ts";
import {
  ACTOR_HEADER,
  administratorOfClaims,
  type Claim,
  callerOfClaims,
  operatorOfClaims,
  TENANT_HEADER,
} from "../../face/claim.ts";
import type { Caller } from "../../record/caller.ts";
import type { CallContext } from "../call-context.ts";

type Context = Pick<RequestContext, "tenantId" | "actor">;
type Asked = Pick<CallContext, "header" | "identity" | "actedFor" | "pace">;

/** Who asks: as the credential says, or in trusted mode the message and the headers. Throws as `callerOfClaims`. */
export function callerOf(call: Asked, context: Context | undefined): Caller {
  return admitted(call, callerOfClaims(call.identity, claimsOf(call, context)));
}

/**
 * The same for a wire whose requests name a tenant and no actor. In trusted mode `nameless`
 * acts, unless the header x-actor names somebody. Throws as `callerOfClaims`.
 */
export function callerInTenant(call: Asked, tenantId: string, nameless: string): Caller {
  const named = call.identity.credential !== "" || (call.header(ACTOR_HEADER) ?? "") !== "";
  return callerOf(call, { tenantId, actor: named ? "" : nameless });
}

/** The same for what administers a tenant: in trusted mode with every right. */
export function administratorOf(call: Asked, context: Context | undefined): Caller {
  return admitted(call, administratorOfClaims(call.identity, claimsOf(call, context)));
}

/** Who asks for something that is about the server or its tenants as such. Throws as `callerOfClaims`. */
export function operatorOf(call: Asked): Identity {
  const operator = operatorOfClaims(call.identity, claimsOf(call, undefined));
  admitted(call, operator);
  return operator;
}

function claimsOf(call: Asked, context: Context | undefined): Claim[] {
  return [
    { tenantId: context?.tenantId ?? "", actor: context?.actor ?? "" },
    { tenantId: call.header(TENANT_HEADER) ?? "", actor: call.header(ACTOR_HEADER) ?? "" },
  ];
}
