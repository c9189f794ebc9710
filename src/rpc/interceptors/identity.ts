import type { RequestContext } from "../../../gen/entdb/v1/model_pb.ts";
import { EntError, invalid } from "../../base/errors.ts";
import type { Caller } from "../../record/caller.ts";
import { identify } from "../../tenant/identity.ts";
import type { CallContext } from "../call-context.ts";

export const TENANT_HEADER = "x-tenant-id";
export const ACTOR_HEADER = "x-actor";

/**
 * Who asks, in trusted mode: the client names tenant and actor, in the message or in the
 * headers. Where both say something they must say the same, so that no proxy that sets
 * the headers can be talked round by a body.
 * Throws TENANT_MISMATCH, PERMISSION_DENIED, INVALID_TENANT_ID, INVALID_ACTOR.
 */
export function callerOf(call: CallContext, context: RequestContext | undefined): Caller {
  const tenantId = context?.tenantId ?? "";
  const actor = context?.actor ?? "";
  const headerTenant = call.header(TENANT_HEADER) ?? "";
  const headerActor = call.header(ACTOR_HEADER) ?? "";
  if (disagree(tenantId, headerTenant)) throw tenantMismatch();
  if (disagree(actor, headerActor)) throw actorMismatch();
  return identify({
    tenantId: tenantId === "" ? headerTenant : tenantId,
    actor: actor === "" ? headerActor : actor,
  });
}

function disagree(inMessage: string, inHeader: string): boolean {
  return inMessage !== "" && inHeader !== "" && inMessage !== inHeader;
}

function tenantMismatch(): EntError {
  return new EntError({
    code: "permission_denied",
    reason: "TENANT_MISMATCH",
    message: `The message and the header ${TENANT_HEADER} name different tenants.`,
    hint: "Name the tenant in one of the two, or the same in both.",
  });
}

function actorMismatch(): EntError {
  return invalid(
    "INVALID_ACTOR",
    `The message and the header ${ACTOR_HEADER} name different actors.`,
    "Name the actor in one of the two, or the same in both.",
    { field: "context.actor" },
  );
}
