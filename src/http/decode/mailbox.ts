import type { RequestedOperation } from "../../engine/engine.ts";
import { decodeToken } from "../params.ts";
import type { JsonMailboxOperation } from "../shapes/mailbox.ts";

/** Which items are meant. Throws INVALID_POSITION. */
export function selectionOf(
  selection: {
    readonly user_id?: string | undefined;
    readonly item_ids?: readonly string[] | undefined;
    readonly up_to?: string | undefined;
  },
  path: string,
) {
  const { user_id: userId = "", item_ids: itemIds = [], up_to: upTo } = selection;
  const place = path === "" ? "up_to" : `${path}.up_to`;
  return {
    userId,
    itemIds,
    upTo: upTo === undefined ? undefined : decodeToken(upTo, "INVALID_POSITION", place),
  };
}

export function mailboxOperationOf(
  operation: JsonMailboxOperation,
  path: string,
): RequestedOperation {
  const { upTo, ...selection } = selectionOf(operation, path);
  const change = {
    op: operation.op,
    ...selection,
    beforeOffset: 0,
    unread: operation.op === "mark_read" && (operation.unread ?? false),
  };
  return upTo === undefined ? change : { ...change, upTo };
}
