/** Who may do what with a node, and with aggregates. */
import { freshnessOf, type ReadOptions, readAnswer, type Session } from "../client/session.ts";
import type { Grant as WireGrant } from "../gen/entdb/v1/model_pb.ts";
import type { Grant } from "../plan/plan.ts";
import { type NodeId, nodeId } from "../values/ids.ts";
import { permissionName } from "../values/permission.ts";

/** A node's owner, who needs no grant, and its grants. */
export interface NodeGrants {
  readonly ownerActor: string;
  /** By principal, then by permission. */
  readonly grants: readonly Grant[];
}

/** Who may read and append to aggregates of a type. */
export interface AggregateGrants {
  /** By principal, then by permission. */
  readonly grants: readonly Grant[];
  /** Nothing was said for the type: everybody of the tenant may read and append. */
  readonly isDefault: boolean;
}

/** The grants of a node. For whoever may administer it. */
export async function listGrants(
  session: Session,
  node: NodeId,
  options: ReadOptions,
): Promise<NodeGrants> {
  const request = {
    context: session.identity,
    nodeId: nodeId(node),
    read: freshnessOf(session, options),
  };
  const call = session.caller.call(
    (stub) => session.rpc.listGrants(request, stub),
    "safe",
    options,
  );
  const { ownerActor, grants } = await readAnswer(session, options, call);
  return {
    ownerActor,
    grants: grants.map(grantOf),
  };
}

/** As answers carry it. */
export function grantOf({ principal, permission, expiresAt }: WireGrant): Grant {
  return {
    principal,
    permission: permissionName(permission),
    ...(expiresAt === 0n ? {} : { expiresAt: new Date(Number(expiresAt)) }),
  };
}
