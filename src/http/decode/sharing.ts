import type { Grant } from "../../record/access.ts";
import type { NodeSharing } from "../../record/transaction.ts";
import type { JsonGrant, JsonSharing } from "../shapes/sharing.ts";

/** What operations say about access and mailboxes. Principals are the engine's to judge. */
export function grantOf({ principal, permission, expires_at }: JsonGrant): Grant {
  return { principal, permission, expiresAt: expires_at ?? 0 };
}

/** Whom a new node is to be shared with: nothing when the request says nothing of it, or names nobody. */
export function sharingOf(json: JsonSharing): { sharing?: NodeSharing } {
  const { principals = [], grants = [], recipients = [], mail } = json;
  if (principals.length + grants.length + recipients.length === 0) return {};
  const own = [
    ...principals.map((principal) => ({ principal, permission: "read" as const, expiresAt: 0 })),
    ...grants.map(grantOf),
  ];
  return {
    sharing: {
      grants: own.length > 0 ? own : undefined,
      recipients,
      mail: { thread: mail?.thread ?? "", metadata: new Map(Object.entries(mail?.metadata ?? {})) },
    },
  };
}
