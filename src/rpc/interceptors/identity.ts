import type { RequestContext } from "../../../gen/entdb/v1/model_pb.ts";
import { ACTOR_HEADER, callerOfClaims, TENANT_HEADER } from "../../face/claim.ts";
import type { Caller } from "../../record/caller.ts";
import type { CallContext } from "../call-context.ts";

/** Who asks: named in the message, in the headers, or alike in both. Throws as `callerOfClaims`. */
export function callerOf(
  call: Pick<CallContext, "header">,
  context: RequestContext | undefined,
): Caller {
  return callerOfClaims([
    { tenantId: context?.tenantId ?? "", actor: context?.actor ?? "" },
    { tenantId: call.header(TENANT_HEADER) ?? "", actor: call.header(ACTOR_HEADER) ?? "" },
  ]);
}
