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

type Asked = Pick<CallContext, "header" | "identity" | "actedFor" | "pace">;

/** Who asks: as the credential says, or in trusted mode the message and the headers. Throws as `callerOfClaims`. */
export function callerOf(call: Asked, context: RequestContext | undefined): Caller {
  return admitted(call, callerOfClaims(call.identity, claimsOf(call, context)));
}

/** The same for what administers a tenant: in trusted mode with every right. */
export function administratorOf(call: Asked, context: RequestContext | undefined): Caller {
  return admitted(call, administratorOfClaims(call.identity, claimsOf(call, context)));
}

/** Who asks for something that is about the server or its tenants as such. Throws as `callerOfClaims`. */
export function operatorOf(call: Asked): Identity {
  const operator = operatorOfClaims(call.identity, claimsOf(call, undefined));
  admitted(call, operator);
  return operator;
}

function claimsOf(call: Asked, context: RequestContext | undefined): Claim[] {
  return [
    { tenantId: context?.tenantId ?? "", actor: context?.actor ?? "" },
    { tenantId: call.header(TENANT_HEADER) ?? "", actor: call.header(ACTOR_HEADER) ?? "" },
  ];
}
