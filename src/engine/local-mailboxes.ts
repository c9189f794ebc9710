import type { CancelSignal } from "../base/cancel-signal.ts";
import type { Clock } from "../base/clock.ts";
import { invalid } from "../base/errors.ts";
import { type CursorScope, cursorMalformed, decodeCursor, encodeCursor } from "../query/cursor.ts";
import { mailboxListing, mailboxSearchListing } from "../query/listing.ts";
import type { Caller } from "../record/caller.ts";
import type { MailboxChange } from "../record/transaction.ts";
import type { Value } from "../schema/value.ts";
import type { Applied } from "../store/applied.ts";
import { parseSearch } from "../store/fts-query.ts";
import type { MailPlace } from "../store/mail-effect.ts";
import type { MailboxStore } from "../store/mailbox-store.ts";
import { isBounded, type MailItem, type MailSelection } from "../store/reader/mailbox-reader.ts";
import type { MailHitPlace } from "../store/reader/mailbox-search.ts";
import type { ReadWorkers } from "../store/reader/read-workers.ts";
import type { TenantStore } from "../store/tenant-store.ts";
import type { Gate } from "../tenant/gate.ts";
import { offsetOfToken } from "../wal/position.ts";
import type { Wal } from "../wal/wal.ts";
import { checkMailboxOwner } from "./check-sharing.ts";
import { checkTypeId } from "./check-transaction.ts";
import { pageRows } from "./edge-reads.ts";
import type { RequestedOperation } from "./engine.ts";
import { tokenOf, waitUntilFresh } from "./freshness.ts";
import type {
  MailboxChangeRequest,
  Mailboxes,
  MailboxHits,
  MailboxPage,
  MailboxReceipt,
  MailboxRequest,
  MailboxSearchRequest,
} from "./mailboxes.ts";
import { searchRows } from "./node-search.ts";
import type { OpenViews } from "./open-views.ts";
import type { Freshness, Read } from "./reading.ts";
import type { Submit } from "./submit.ts";
import type { Viewers } from "./viewers.ts";

/** What is asked of whoever brings mailboxes up to date. */
export interface MailboxFollower {
  waitFor(tenantId: string, offset: number, signal: CancelSignal): Promise<void> | undefined;
  troubleFound(tenantId: string, error: unknown): unknown;
}

export interface LocalMailboxesDeps {
  readonly wal: Wal;
  readonly applied: Applied;
  readonly gate: Gate;
  readonly views: OpenViews;
  readonly viewers: Viewers;
  readonly workers: ReadWorkers;
  readonly submit: Submit;
  readonly mailboxes: MailboxFollower;
  readonly clock: Clock;
}

/** A mailbox that is read. */
interface OpenMailbox {
  /** Undefined: the tenant has no mail at all. */
  readonly mailboxes: MailboxStore | undefined;
  readonly owner: string;
  /** Nodes that the owner could read until a time that has come: no record says so, and none removes their items. */
  readonly withoutNodes: readonly string[];
}

/**
 * Mailboxes in this process. A read is answered once the mailboxes hold everything that the
 * tenant's view held when it was asked, so that nobody sees a node before its item; and not
 * the item any more of a node that its owner may not read.
 */
export class LocalMailboxes implements Mailboxes {
  readonly #deps: LocalMailboxesDeps;

  constructor(deps: LocalMailboxesDeps) {
    this.#deps = deps;
  }

  async list(
    caller: Caller,
    request: MailboxRequest,
    freshness: Freshness,
    signal: CancelSignal,
  ): Promise<Read<MailboxPage>> {
    const rows = pageRows(request.pageSize);
    if (request.typeId !== 0) checkTypeId(request.typeId, "type_id");
    const { userId } = request;
    return await this.#read(caller, userId, freshness, signal, async (opened) => {
      const { mailboxes, owner, withoutNodes } = opened;
      const scope = { ...caller, listing: mailboxListing({ ...request, userId: owner }) };
      const before = request.cursor && itemPlaceOf(decodeCursor(request.cursor, scope));
      if (mailboxes === undefined) return { ...NOTHING, items: [], unreadCount: 0 };
      const selection: MailSelection = {
        owner,
        unreadOnly: request.unreadOnly,
        typeId: request.typeId === 0 ? undefined : request.typeId,
        thread: request.thread === "" ? undefined : request.thread,
        withoutNodes,
        before,
        limit: rows + 1,
      };
      const { found, unreadCount } = await this.#items(mailboxes, selection, signal);
      const items = found.slice(0, rows);
      return { items, ...rest(found, items, scope, valuesOfItem), unreadCount };
    });
  }

  async search(
    caller: Caller,
    request: MailboxSearchRequest,
    freshness: Freshness,
    signal: CancelSignal,
  ): Promise<Read<MailboxHits>> {
    const rows = searchRows(request.pageSize);
    const { match } = parseSearch(request.query, { prefix: request.prefix });
    const { userId } = request;
    return await this.#read(caller, userId, freshness, signal, async (opened) => {
      const { mailboxes, owner, withoutNodes } = opened;
      const scope = { ...caller, listing: mailboxSearchListing(owner, match) };
      const after = request.cursor && hitPlaceOf(decodeCursor(request.cursor, scope));
      if (mailboxes === undefined) return { ...NOTHING, hits: [] };
      const search = { owner, match, withoutNodes, after, limit: rows + 1 };
      const work = { kind: "mailbox_search", search } as const;
      const found = await this.#deps.workers.run(mailboxes.readFile, work, signal);
      const hits = found.slice(0, rows);
      return { hits, ...rest(found, hits, scope, valuesOfHit) };
    });
  }

  unreadCount(
    caller: Caller,
    userId: string,
    freshness: Freshness,
    signal: CancelSignal,
  ): Promise<Read<{ unreadCount: number }>> {
    return this.#read(caller, userId, freshness, signal, ({ mailboxes, owner, withoutNodes }) => ({
      unreadCount: mailboxes?.reads.unreadCount(owner, withoutNodes) ?? 0,
    }));
  }

  async change(
    caller: Caller,
    request: MailboxChangeRequest,
    signal: CancelSignal,
  ): Promise<MailboxReceipt> {
    const { wal, submit, views, mailboxes } = this.#deps;
    const { tenantId } = caller;
    const operation = operationOf(request);
    // Its own mailbox an actor may change in any tenant that lets it in; the rest is decided in the record.
    if (!isOwn(caller, request.userId)) this.#ownerOf(views.open(tenantId), caller, request.userId);
    const { idempotencyKey } = request;
    const receipt = await submit.execute(
      caller,
      {
        idempotencyKey,
        operations: [operation],
        wait: "applied",
        schemaFingerprint: "",
        schema: undefined,
      },
      signal,
    );
    const { positionToken, walPosition } = receipt;
    const position = offsetOfToken(positionToken, wal);
    await mailboxes.waitFor(tenantId, position, signal);
    try {
      // It is the one operation of its record, so the first row.
      const count = views.open(tenantId).mailbox.open()?.reads.changeCount({ position, seq: 0 });
      return { count: count ?? 0, positionToken, walPosition };
    } catch (error) {
      throw mailboxes.troubleFound(tenantId, error);
    }
  }

  /** In this turn where an index gives exactly what is asked for; in a worker where rows are passed over. */
  async #items(
    mailboxes: MailboxStore,
    selection: MailSelection,
    signal: CancelSignal,
  ): Promise<{ found: readonly MailItem[]; unreadCount: number }> {
    const { owner, withoutNodes } = selection;
    if (isBounded(selection)) {
      return mailboxes.snapshot((reads) => ({
        found: reads.list(selection),
        unreadCount: reads.unreadCount(owner, withoutNodes),
      }));
    }
    const work = { kind: "mailbox_list", selection } as const;
    return await this.#deps.workers.run(mailboxes.readFile, work, signal);
  }

  async #read<T extends object>(
    caller: Caller,
    userId: string,
    freshness: Freshness,
    signal: CancelSignal,
    read: (opened: OpenMailbox) => T | Promise<T>,
  ): Promise<Read<T>> {
    const { wal, applied, gate, views, mailboxes, clock } = this.#deps;
    const { tenantId } = caller;
    if (signal.aborted) throw signal.reason;
    gate.admitRead(tenantId);
    await waitUntilFresh(wal, applied, tenantId, freshness, signal);
    const owner = this.#ownerOf(views.open(tenantId), caller, userId);
    const reached = applied.endOf(tenantId) - 1;
    await mailboxes.waitFor(tenantId, reached, signal);
    const store = views.open(tenantId);
    const withoutNodes = store.reads.visibility.lapsedMail(owner, clock.now());
    try {
      const answer = await read({ mailboxes: store.mailbox.open(), owner, withoutNodes });
      return { ...answer, positionToken: tokenOf(wal, reached) };
    } catch (error) {
      throw mailboxes.troubleFound(tenantId, error);
    }
  }

  /** Whose mailbox is meant. Throws INVALID_PRINCIPAL, PERMISSION_DENIED. */
  #ownerOf(store: TenantStore, caller: Caller, userId: string): string {
    if (isOwn(caller, userId)) return caller.actor;
    checkMailboxOwner(userId, "user_id");
    this.#deps.viewers.require(store, caller, "mailboxes");
    return userId;
  }
}

const NOTHING = { nextCursor: undefined, hasMore: false };

function isOwn(caller: Caller, userId: string): boolean {
  return userId === "" || userId === caller.actor;
}

function operationOf(request: MailboxChangeRequest): RequestedOperation {
  const { change, userId, itemIds, upTo } = request;
  if (itemIds.length === 0 && (upTo === undefined || upTo.length === 0)) {
    throw invalid(
      "INVALID_REQUEST",
      "The request names no items.",
      "Name items by their ids, or all up to a position.",
      { field: "items" },
    );
  }
  const operation: MailboxChange = {
    op: change === "delete" ? "delete_mailbox_items" : "mark_read",
    userId,
    itemIds,
    beforeOffset: 0,
    unread: change === "mark_unread",
  };
  return upTo === undefined ? operation : { ...operation, upTo };
}

/** What a page says of the rows behind it. */
function rest<T>(
  found: readonly T[],
  page: readonly T[],
  scope: CursorScope,
  placeOf: (last: T) => Value[],
): { nextCursor: Uint8Array | undefined; hasMore: boolean } {
  const hasMore = found.length > page.length;
  const last = page.at(-1);
  const goesOn = hasMore && last !== undefined;
  return { hasMore, nextCursor: goesOn ? encodeCursor(scope, placeOf(last)) : undefined };
}

function valuesOfItem({ place }: MailItem): Value[] {
  return [int(place.position), int(place.seq)];
}

function itemPlaceOf(values: readonly Value[]): MailPlace {
  return { position: numberIn(values[0]), seq: numberIn(values[1]) };
}

function valuesOfHit({ score, item }: { score: number; item: MailItem }): Value[] {
  return [{ kind: "float", value: score }, int(item.place.position), int(item.place.seq)];
}

function hitPlaceOf(values: readonly Value[]): MailHitPlace {
  const [score, position, seq] = values.map(numberIn);
  return { score: score ?? 0, position: position ?? 0, seq: seq ?? 0 };
}

function int(value: number): Value {
  return { kind: "int", value: BigInt(value) };
}

/** Of a cursor, which has been checked for its kinds but may hold any number. Throws INVALID_CURSOR. */
function numberIn(value: Value | undefined): number {
  const number =
    value?.kind === "int" || value?.kind === "float" ? Number(value.value) : Number.NaN;
  if (value?.kind === "float" || Number.isSafeInteger(number)) return number;
  throw cursorMalformed();
}
