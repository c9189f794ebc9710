/**
 * Mailboxes, one function an RPC: who asks, what they ask in the engine's words, and the answer
 * in the wire's. Nothing is decided here.
 */
import { create } from "@bufbuild/protobuf";
import {
  DeleteMailboxItemsResponseSchema,
  EntDBService,
  GetUnreadCountResponseSchema,
  ListMailboxResponseSchema,
  MailboxHitSchema,
  MailboxItemSchema,
  type MailboxSelection,
  MarkReadResponseSchema,
  SearchMailboxResponseSchema,
  type MailboxItem as WireItem,
} from "../../gen/entdb/v1/entdb_service_pb.ts";
import type { Engine } from "../engine/engine.ts";
import type { MailboxItem } from "../engine/mailboxes.ts";
import { absentIsEmpty, decodeFreshness, emptyIsAbsent } from "./decode-read.ts";
import { misshapen } from "./decode-value.ts";
import { callerOf } from "./interceptors/identity.ts";
import { type RpcMethod, unary } from "./methods.ts";

/** What mailboxes hold, and what is done to their items. */
export function mailboxMethods(engine: Engine): RpcMethod[] {
  return [listMailbox(engine), searchMailbox(engine), unreadCount(engine), ...changes(engine)];
}

function listMailbox(engine: Engine): RpcMethod {
  return unary(EntDBService.method.listMailbox, async (request, call) => {
    const { userId, unreadOnly, typeId, thread, pageSize } = request;
    const cursor = emptyIsAbsent(request.cursor);
    const page = await engine.mailboxes.list(
      callerOf(call, request.context),
      { userId, unreadOnly, typeId, thread, pageSize, cursor },
      decodeFreshness(request.read),
      call.signal,
    );
    return create(ListMailboxResponseSchema, {
      items: page.items.map(encodeItem),
      nextCursor: absentIsEmpty(page.nextCursor),
      hasMore: page.hasMore,
      unreadCount: BigInt(page.unreadCount),
      positionToken: page.positionToken,
    });
  });
}

function searchMailbox(engine: Engine): RpcMethod {
  return unary(EntDBService.method.searchMailbox, async (request, call) => {
    const { userId, query, prefix, pageSize } = request;
    const cursor = emptyIsAbsent(request.cursor);
    const page = await engine.mailboxes.search(
      callerOf(call, request.context),
      { userId, query, prefix, pageSize, cursor },
      decodeFreshness(request.read),
      call.signal,
    );
    return create(SearchMailboxResponseSchema, {
      results: page.hits.map(({ item, score, highlight }) =>
        create(MailboxHitSchema, { item: encodeItem(item), score, highlight }),
      ),
      nextCursor: absentIsEmpty(page.nextCursor),
      hasMore: page.hasMore,
      positionToken: page.positionToken,
    });
  });
}

function unreadCount(engine: Engine): RpcMethod {
  return unary(EntDBService.method.getUnreadCount, async (request, call) => {
    const read = await engine.mailboxes.unreadCount(
      callerOf(call, request.context),
      request.userId,
      decodeFreshness(request.read),
      call.signal,
    );
    return create(GetUnreadCountResponseSchema, {
      unreadCount: BigInt(read.unreadCount),
      positionToken: read.positionToken,
    });
  });
}

function changes(engine: Engine): RpcMethod[] {
  const { markRead, deleteMailboxItems } = EntDBService.method;
  return [
    unary(markRead, async (request, call) => {
      const { userId, idempotencyKey, unread } = request;
      const { count, ...where } = await engine.mailboxes.change(
        callerOf(call, request.context),
        {
          change: unread ? "mark_unread" : "mark_read",
          userId,
          idempotencyKey,
          ...selected(request),
        },
        call.signal,
      );
      return create(MarkReadResponseSchema, { count: BigInt(count), ...where });
    }),
    unary(deleteMailboxItems, async (request, call) => {
      const { userId, idempotencyKey } = request;
      const { count, ...where } = await engine.mailboxes.change(
        callerOf(call, request.context),
        { change: "delete", userId, idempotencyKey, ...selected(request) },
        call.signal,
      );
      return create(DeleteMailboxItemsResponseSchema, { count: BigInt(count), ...where });
    }),
  ];
}

/** Throws INVALID_REQUEST when the request does not say which items. */
function selected({ items }: { readonly items?: MailboxSelection | undefined }) {
  if (items === undefined) throw misshapen("items", "say which items");
  return { itemIds: items.itemIds, upTo: emptyIsAbsent(items.upTo) };
}

function encodeItem(item: MailboxItem): WireItem {
  return create(MailboxItemSchema, {
    id: item.id,
    nodeId: item.nodeId,
    typeId: item.typeId,
    deliveredAt: BigInt(item.deliveredAt),
    read: item.read,
    snippet: item.snippet,
    thread: item.thread,
    metadata: Object.fromEntries(item.metadata),
    sender: item.sender,
  });
}
