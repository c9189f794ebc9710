import type { CancelSignal } from "../base/cancel-signal.ts";
import type { Caller } from "../record/caller.ts";
import type { MailItem } from "../store/reader/mailbox-reader.ts";
import type { Freshness, PageRequest, Read } from "./reading.ts";

/**
 * Mailboxes as faces ask for them. An actor reads and changes its own; another's needs the
 * right `mailboxes`, and without it looks like an empty one is refused with PERMISSION_DENIED
 * before anything is looked up.
 */
export interface Mailboxes {
  list(
    caller: Caller,
    request: MailboxRequest,
    freshness: Freshness,
    signal: CancelSignal,
  ): Promise<Read<MailboxPage>>;
  /** Throws SEARCH_INVALID. */
  search(
    caller: Caller,
    request: MailboxSearchRequest,
    freshness: Freshness,
    signal: CancelSignal,
  ): Promise<Read<MailboxHits>>;
  unreadCount(
    caller: Caller,
    userId: string,
    freshness: Freshness,
    signal: CancelSignal,
  ): Promise<Read<{ unreadCount: number }>>;
  /** Through the log like every write. Missing items are passed over. */
  change(
    caller: Caller,
    request: MailboxChangeRequest,
    signal: CancelSignal,
  ): Promise<MailboxReceipt>;
}

/** An item as it stands in the mailbox; where it stands is nobody else's affair. */
export type MailboxItem = Omit<MailItem, "place">;

export interface MailboxRequest extends PageRequest {
  /** Empty: the caller's own. */
  readonly userId: string;
  readonly unreadOnly: boolean;
  /** 0: all types. */
  readonly typeId: number;
  /** Empty: all threads. */
  readonly thread: string;
}

export interface MailboxPage {
  /** Newest first. */
  readonly items: readonly MailboxItem[];
  readonly nextCursor: Uint8Array | undefined;
  readonly hasMore: boolean;
  /** Of the whole mailbox. */
  readonly unreadCount: number;
}

export interface MailboxSearchRequest extends PageRequest {
  readonly userId: string;
  readonly query: string;
  /** The last word may be the beginning of one. */
  readonly prefix: boolean;
}

export interface MailboxHits {
  /** Best match first. */
  readonly hits: readonly {
    readonly item: MailboxItem;
    readonly score: number;
    /** What was found stands between U+0002 and U+0003. */
    readonly highlight: string;
  }[];
  readonly nextCursor: Uint8Array | undefined;
  readonly hasMore: boolean;
}

export interface MailboxChangeRequest {
  readonly change: "mark_read" | "mark_unread" | "delete";
  readonly userId: string;
  readonly itemIds: readonly string[];
  /** Items delivered at this position or before, besides; a token. */
  readonly upTo: Uint8Array | undefined;
  readonly idempotencyKey: string;
}

export interface MailboxReceipt {
  /** Items that are otherwise now than before. */
  readonly count: number;
  readonly positionToken: Uint8Array;
  readonly walPosition: string;
}
