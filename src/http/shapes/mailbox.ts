/**
 * Mailboxes as JSON: their items, hits of a search, and which items a change means. The
 * operations of a transaction that change items name them as the routes do.
 */
import * as v from "valibot";
import { atMost, closed } from "./closed.ts";
import { flag, identityMembers, positionToken, text, unixMs, wholeNumber } from "./common.ts";

const count = (description: string) => wholeNumber(0, Number.MAX_SAFE_INTEGER, description);

const item = closed({
  id: text('"mi_" and 26 characters.'),
  node_id: text("The node that it is about."),
  type_id: wholeNumber(1, 2 ** 31 - 1, "Of the node."),
  delivered_at: unixMs,
  read: flag("Whether it is marked as read."),
  snippet: text("The beginning of the node's searchable text."),
  thread: text("Empty: none."),
  metadata: v.pipe(v.record(v.string(), v.string()), v.description("As the sender gave it.")),
  sender: text("Who created the node."),
});

const nextCursor = v.nullable(text("Hand it back as cursor for the next page; null: the last."));
const hasMore = flag("Whether another page follows.");

export const mailboxAnswer = closed({
  items: v.pipe(v.array(item), v.description("Newest first.")),
  unread_count: count("Unread items of the whole mailbox."),
  next_cursor: nextCursor,
  has_more: hasMore,
});

export const mailboxSearchAnswer = closed({
  results: v.pipe(
    v.array(
      closed({
        item,
        score: v.pipe(v.number(), v.description("Greater is better.")),
        highlight: text(
          "A piece of the item's text; what was found stands between U+0002 and U+0003.",
        ),
      }),
    ),
    v.description("Best match first."),
  ),
  next_cursor: nextCursor,
  has_more: hasMore,
});

export const unreadAnswer = closed({ unread_count: count("Unread items.") });

/** Which items of whose mailbox. */
const mailboxSelectionMembers = {
  user_id: v.optional(text("Whose mailbox; absent: the actor's own.")),
  item_ids: v.optional(
    v.pipe(
      v.array(v.string()),
      atMost("mailboxItemsPerChange"),
      v.description("Items by their ids."),
    ),
  ),
  up_to: v.optional(
    text("Position token of an answer: every item that was delivered there or before, besides."),
  ),
};

const unread = v.optional(flag("Marks them as unread instead. Default: false."));
const idempotencyKey = v.optional(text("Also as header Idempotency-Key."));

export const markReadRequest = closed({
  ...identityMembers,
  ...mailboxSelectionMembers,
  unread,
  idempotency_key: idempotencyKey,
});

export const mailboxDeleteRequest = closed({
  ...identityMembers,
  ...mailboxSelectionMembers,
  idempotency_key: idempotencyKey,
});

export const mailboxChangeAnswer = closed({
  count: count("Items that are otherwise now than before."),
  wal_position: text("Where the change stands in the log."),
  position_token: positionToken,
});

/** The operations of a transaction that change items of mailboxes. */
export const mailboxOperations = [
  closed({ op: v.literal("mark_read"), ...mailboxSelectionMembers, unread }),
  closed({ op: v.literal("delete_mailbox_items"), ...mailboxSelectionMembers }),
] as const;

export type JsonMailboxOperation = v.InferOutput<(typeof mailboxOperations)[number]>;
