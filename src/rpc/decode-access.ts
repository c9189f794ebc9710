import type {
  CreateNode as WireCreateNode,
  Operation as WireOperation,
} from "../../gen/entdb/v1/entdb_service_pb.ts";
import {
  type Grant as WireGrant,
  Permission as WirePermission,
} from "../../gen/entdb/v1/model_pb.ts";
import type { RequestedOperation } from "../engine/engine.ts";
import type { Grant } from "../record/access.ts";
import type { NodeSharing } from "../record/transaction.ts";
import type { Permission } from "../schema/types.ts";
import { misshapen } from "./decode-value.ts";

/** What operations say about access and mailboxes: shape only. */
const PERMISSION_OF_WIRE: ReadonlyMap<WirePermission, Permission> = new Map([
  [WirePermission.READ, "read"],
  [WirePermission.WRITE, "write"],
  [WirePermission.DELETE, "delete"],
  [WirePermission.ADMIN, "admin"],
]);

/** Throws INVALID_REQUEST for a permission that is none. */
export function decodePermission(wire: WirePermission, path: string): Permission {
  const permission = PERMISSION_OF_WIRE.get(wire);
  if (permission === undefined) throw misshapen(path, "a grant needs a permission, such as READ");
  return permission;
}

/** Throws INVALID_REQUEST. */
export function decodeGrant(wire: WireGrant | undefined, path: string): Grant {
  if (wire === undefined) throw misshapen(path, "a grant is needed");
  return {
    principal: wire.principal,
    permission: decodePermission(wire.permission, path),
    expiresAt: Number(wire.expiresAt),
  };
}

/** Whom a new node is to be shared with: nothing when the request says nothing of it. */
export function sharingOf(wire: WireCreateNode, path: string): { sharing?: NodeSharing } {
  const { principals, grants, recipients, mail } = wire;
  if (principals.length + grants.length + recipients.length === 0) return {};
  const own = [
    ...principals.map((principal) => ({ principal, permission: "read" as const, expiresAt: 0 })),
    ...grants.map((grant, i) => decodeGrant(grant, `${path}.grants[${i}]`)),
  ];
  return {
    sharing: {
      grants: own.length > 0 ? own : undefined,
      recipients,
      mail: { thread: mail?.thread ?? "", metadata: new Map(Object.entries(mail?.metadata ?? {})) },
    },
  };
}

/** Throws INVALID_REQUEST. */
export function accessOperation(
  operation: Extract<WireOperation["operation"], { case: "setVisibility" | "grant" | "revoke" }>,
  path: string,
): RequestedOperation {
  switch (operation.case) {
    case "setVisibility": {
      const { nodeId, principals } = operation.value;
      return { op: "set_visibility", nodeId, principals };
    }
    case "grant": {
      const { nodeId, grant } = operation.value;
      return { op: "grant", nodeId, grant: decodeGrant(grant, `${path}.grant`) };
    }
    case "revoke": {
      const { nodeId, principal, permission } = operation.value;
      const one =
        permission === WirePermission.UNSPECIFIED
          ? undefined
          : decodePermission(permission, `${path}.permission`);
      return { op: "revoke", nodeId, principal, permission: one };
    }
  }
}

/** Throws INVALID_REQUEST. */
export function mailboxOperation(
  operation: Extract<WireOperation["operation"], { case: "markRead" | "deleteMailboxItems" }>,
  path: string,
): RequestedOperation {
  const { userId, items } = operation.value;
  if (items === undefined) throw misshapen(`${path}.items`, "say which items");
  return {
    op: operation.case === "markRead" ? "mark_read" : "delete_mailbox_items",
    userId,
    itemIds: items.itemIds,
    beforeOffset: 0,
    upTo: items.upTo,
    unread: operation.case === "markRead" && operation.value.unread,
  };
}
