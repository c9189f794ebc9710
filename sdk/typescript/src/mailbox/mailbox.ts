/** The mailboxes of a tenant's actors: what writes delivered, found, marked and removed. */
import { newIdempotencyKey } from "../calls/request-ids.ts";
import {
  freshnessOf,
  type ReadOptions,
  readAnswer,
  type Session,
  type WriteOptions,
} from "../client/session.ts";
import type { MailboxItem as WireItem } from "../gen/entdb/v1/entdb_service_pb.ts";
import { checkedKey } from "../plan/atomic.ts";
import { type MailboxSelection, wireSelection } from "../plan/plan.ts";
import { type Highlight, highlightOf } from "../reads/highlight.ts";
import { Listing, type Page, type PageOptions, pageOf } from "../reads/listing.ts";
import type { NodeType } from "../schema/define.ts";
import type { MailboxItemId, NodeId } from "../values/ids.ts";
import { type PositionToken, tokenText } from "../values/positions.ts";
import { safeNumber } from "../values/value.ts";

/** One item: that a node was sent to somebody. */
export interface MailboxItem {
  readonly id: MailboxItemId;
  readonly nodeId: NodeId;
  readonly typeId: number;
  /** Log time. */
  readonly deliveredAt: Date;
  readonly read: boolean;
  /** The beginning of the node's searchable text. */
  readonly snippet: string;
  readonly thread: string;
  readonly metadata: Readonly<Record<string, string>>;
  /** Who created the node. */
  readonly sender: string;
}

/** Whose mailbox. */
export interface MailboxOwner {
  /** Left out: the actor's own. Another's needs the right `mailboxes`. */
  readonly user?: string;
}

/** Which items are listed. */
export interface MailboxListOptions extends MailboxOwner, ReadOptions, PageOptions {
  readonly unreadOnly?: boolean;
  /** Left out: items of all types. */
  readonly type?: NodeType;
  readonly thread?: string;
}

/** One page of a mailbox. */
export interface MailboxPage extends Page<MailboxItem> {
  /** Of the whole mailbox, whatever was asked for. */
  readonly unreadCount: number;
}

/** An item that was found. */
export interface MailboxHit {
  readonly item: MailboxItem;
  /** Greater is better. Comparable within one answer only. */
  readonly score: number;
  readonly highlight: Highlight;
}

/** How a mailbox is searched. */
export interface MailboxSearchOptions extends MailboxOwner, ReadOptions, PageOptions {
  /** The last word may be the beginning of one. Defaults to false. */
  readonly prefix?: boolean;
}

/** What marking or deleting items did. */
export interface MailboxChange {
  /** Items that are otherwise now than before. */
  readonly count: number;
  readonly position: PositionToken;
}

/** Mailboxes of the client's tenant. */
export class Mailbox {
  readonly #session: Session;

  constructor(session: Session) {
    this.#session = session;
  }

  /** The items, the newest first. */
  list(options: MailboxListOptions = {}): Listing<MailboxItem, MailboxPage> {
    const { caller, identity, rpc } = this.#session;
    const question = {
      context: identity,
      userId: options.user ?? "",
      unreadOnly: options.unreadOnly ?? false,
      typeId: options.type?.typeId ?? 0,
      thread: options.thread ?? "",
    };
    return new Listing(options, async (page) => {
      const request = { ...question, ...page, read: freshnessOf(this.#session, options) };
      const call = caller.call((stub) => rpc.listMailbox(request, stub), "safe", options);
      const answer = await readAnswer(this.#session, options, call);
      return {
        ...pageOf(answer.items.map(itemOf), answer),
        unreadCount: safeNumber(answer.unreadCount, "count"),
      };
    });
  }

  /** Items whose nodes hold all of these words, the best first. */
  search(query: string, options: MailboxSearchOptions = {}): Listing<MailboxHit> {
    const { caller, identity, rpc } = this.#session;
    const question = {
      context: identity,
      userId: options.user ?? "",
      query,
      prefix: options.prefix ?? false,
    };
    return new Listing(options, async (page) => {
      const request = { ...question, ...page, read: freshnessOf(this.#session, options) };
      const call = caller.call((stub) => rpc.searchMailbox(request, stub), "safe", options);
      const answer = await readAnswer(this.#session, options, call);
      const hits = answer.results.flatMap(({ item, score, highlight }) =>
        item === undefined
          ? []
          : [{ item: itemOf(item), score, highlight: highlightOf(highlight) }],
      );
      return pageOf(hits, answer);
    });
  }

  /** How many items are unread. */
  async unreadCount(options: MailboxOwner & ReadOptions = {}): Promise<number> {
    const { caller, identity, rpc } = this.#session;
    const request = {
      context: identity,
      userId: options.user ?? "",
      read: freshnessOf(this.#session, options),
    };
    const call = caller.call((stub) => rpc.getUnreadCount(request, stub), "safe", options);
    return safeNumber((await readAnswer(this.#session, options, call)).unreadCount, "count");
  }

  /** Marks items as read, or as unread. What is missing is passed over. */
  async markRead(
    selection: MailboxSelection,
    options: WriteOptions & { readonly unread?: boolean } = {},
  ): Promise<MailboxChange> {
    const { caller, rpc } = this.#session;
    const request = { ...this.#changeOf(selection, options), unread: options.unread ?? false };
    return this.#changed(await caller.call((stub) => rpc.markRead(request, stub), "safe", options));
  }

  /** Removes items; their nodes stay. */
  async delete(selection: MailboxSelection, options: WriteOptions = {}): Promise<MailboxChange> {
    const { caller, rpc } = this.#session;
    const request = this.#changeOf(selection, options);
    return this.#changed(
      await caller.call((stub) => rpc.deleteMailboxItems(request, stub), "safe", options),
    );
  }

  #changeOf(selection: MailboxSelection, options: WriteOptions) {
    return {
      context: this.#session.identity,
      ...wireSelection(selection),
      idempotencyKey: checkedKey(options.idempotencyKey) ?? newIdempotencyKey(),
    };
  }

  #changed(answer: {
    readonly count: bigint;
    readonly positionToken: Uint8Array;
    readonly walPosition: string;
  }): MailboxChange {
    const { identity, positions } = this.#session;
    positions.note(identity.tenantId, answer.positionToken, answer.walPosition);
    return {
      count: safeNumber(answer.count, "count"),
      position: tokenText(answer.positionToken),
    };
  }
}

function itemOf(wire: WireItem): MailboxItem {
  return {
    id: wire.id as MailboxItemId,
    nodeId: wire.nodeId as NodeId,
    typeId: wire.typeId,
    deliveredAt: new Date(Number(wire.deliveredAt)),
    read: wire.read,
    snippet: wire.snippet,
    thread: wire.thread,
    metadata: wire.metadata,
    sender: wire.sender,
  };
}
