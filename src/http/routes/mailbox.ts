import type { JsonWritable } from "../../base/json-write.ts";
import { stringifyJson } from "../../base/json-write.ts";
import type { Engine } from "../../engine/engine.ts";
import type { MailboxChangeRequest, MailboxItem, MailboxReceipt } from "../../engine/mailboxes.ts";
import type { SchemaRegistry } from "../../schema/registry.ts";
import type { HttpCall } from "../call.ts";
import { selectionOf } from "../decode/mailbox.ts";
import { nodeTypeOf } from "../decode/types-by-name.ts";
import { freshnessOf, freshnessParams } from "../freshness.ts";
import { callerOf, identityParams } from "../identity.ts";
import { flagParam, integerParam, textParam } from "../params.ts";
import { type Answer, encodeToken } from "../reply.ts";
import { getRoute, postRoute, type Route } from "../route.ts";
import {
  mailboxAnswer,
  mailboxChangeAnswer,
  mailboxDeleteRequest,
  mailboxSearchAnswer,
  markReadRequest,
  unreadAnswer,
} from "../shapes/mailbox.ts";
import type { TenantNames } from "../tenant-names.ts";
import { idempotencyKeyOf } from "./atomic.ts";
import { pageEnd, pageParams, searchPageParams } from "./page.ts";

/** Mailboxes: what they hold, and what is done to their items. */
export function mailboxRoutes(engine: Engine, names: TenantNames): Route[] {
  return [
    searchRoute(engine),
    unreadRoute(engine),
    listRoute(engine, names),
    markReadRoute(engine),
    deleteRoute(engine),
  ];
}

const ownerParams = {
  ...identityParams,
  ...freshnessParams,
  user_id: textParam(
    "Whose mailbox, as an actor. Absent: the actor's own; another's needs the right mailboxes.",
  ),
};

function listRoute(engine: Engine, names: TenantNames): Route {
  const facts = {
    tag: "mailbox",
    summary: "The items of a mailbox, newest first",
    query: {
      ...ownerParams,
      unread_only: flagParam("Only what is not marked as read. Default: false."),
      type_id: integerParam(1, 2 ** 31 - 1, "Only of nodes of this type."),
      type: textParam("The type's name, instead of its number."),
      thread: textParam("Only of this thread."),
      ...pageParams,
    },
    answers: { 200: mailboxAnswer },
  } as const;
  return getRoute("/v1/mailbox", facts, async ({ call, query }): Promise<Answer> => {
    const caller = callerOf(call, query);
    const freshness = freshnessOf(call, query);
    const typed = (registry: SchemaRegistry) => nodeTypeOf(registry, query, "").typeId;
    const request = {
      userId: query.user_id ?? "",
      unreadOnly: query.unread_only ?? false,
      // A number is not looked up: items of a type that was removed are still there.
      typeId:
        query.type === undefined
          ? (query.type_id ?? 0)
          : await names.resolve(caller, call.signal, freshness, typed),
      thread: query.thread ?? "",
      pageSize: query.limit ?? 0,
      cursor: query.cursor,
    };
    const page = await engine.mailboxes.list(caller, request, freshness, call.signal);
    const text = stringifyJson({
      items: page.items.map(itemToJson),
      unread_count: page.unreadCount,
      ...pageEnd(page),
    });
    return { text, positionToken: page.positionToken };
  });
}

function searchRoute(engine: Engine): Route {
  const facts = {
    tag: "mailbox",
    summary: "Items by the words of their nodes, best match first",
    query: {
      ...ownerParams,
      query: textParam("Words, all of which an item must hold. No character has a meaning."),
      ...searchPageParams,
    },
    answers: { 200: mailboxSearchAnswer },
  } as const;
  return getRoute("/v1/mailbox/search", facts, async ({ call, query }): Promise<Answer> => {
    const request = {
      userId: query.user_id ?? "",
      query: query.query ?? "",
      prefix: query.prefix ?? false,
      pageSize: query.limit ?? 0,
      cursor: query.cursor,
    };
    const caller = callerOf(call, query);
    const freshness = freshnessOf(call, query);
    const page = await engine.mailboxes.search(caller, request, freshness, call.signal);
    const text = stringifyJson({
      results: page.hits.map(({ item, score, highlight }) => ({
        item: itemToJson(item),
        score,
        highlight,
      })),
      ...pageEnd(page),
    });
    return { text, positionToken: page.positionToken };
  });
}

function unreadRoute(engine: Engine): Route {
  const facts = {
    tag: "mailbox",
    summary: "How many items of a mailbox are unread",
    query: ownerParams,
    answers: { 200: unreadAnswer },
  } as const;
  return getRoute("/v1/mailbox/unread_count", facts, async ({ call, query }): Promise<Answer> => {
    const caller = callerOf(call, query);
    const freshness = freshnessOf(call, query);
    const userId = query.user_id ?? "";
    const read = await engine.mailboxes.unreadCount(caller, userId, freshness, call.signal);
    const text = stringifyJson({ unread_count: read.unreadCount });
    return { text, positionToken: read.positionToken };
  });
}

const exampleItems = { item_ids: ["mi_06f1kq9rz8m4w2t7c5x3v0b1na"] };

function markReadRoute(engine: Engine): Route {
  const facts = {
    tag: "mailbox",
    summary: "Mark items as read, or as unread; missing ones are passed over",
    query: identityParams,
    body: markReadRequest,
    example: { tenant_id: "acme", actor: "user:bob", ...exampleItems },
    answers: { 200: mailboxChangeAnswer },
  } as const;
  return postRoute("/v1/mailbox/mark_read", facts, async ({ call, query, body }) => {
    const change = body.unread ? "mark_unread" : "mark_read";
    const request = { change, ...changeOf(call, body) } as const;
    const caller = callerOf(call, query, body);
    return answerOf(await engine.mailboxes.change(caller, request, call.signal));
  });
}

function deleteRoute(engine: Engine): Route {
  const facts = {
    tag: "mailbox",
    summary: "Delete items from a mailbox; their nodes stay",
    query: identityParams,
    body: mailboxDeleteRequest,
    example: { tenant_id: "acme", actor: "user:bob", ...exampleItems },
    answers: { 200: mailboxChangeAnswer },
  } as const;
  return postRoute("/v1/mailbox/delete", facts, async ({ call, query, body }) => {
    const request = { change: "delete", ...changeOf(call, body) } as const;
    const caller = callerOf(call, query, body);
    return answerOf(await engine.mailboxes.change(caller, request, call.signal));
  });
}

function changeOf(
  call: HttpCall,
  body: Parameters<typeof selectionOf>[0] & { readonly idempotency_key?: string | undefined },
): Omit<MailboxChangeRequest, "change"> {
  return {
    ...selectionOf(body, ""),
    idempotencyKey: idempotencyKeyOf(call, body.idempotency_key),
  };
}

function answerOf(receipt: MailboxReceipt): Answer {
  const { count, walPosition, positionToken } = receipt;
  const text = stringifyJson({
    count,
    wal_position: walPosition,
    position_token: encodeToken(positionToken),
  });
  return { text, positionToken };
}

function itemToJson(item: MailboxItem): JsonWritable {
  return {
    id: item.id,
    node_id: item.nodeId,
    type_id: item.typeId,
    delivered_at: item.deliveredAt,
    read: item.read,
    snippet: item.snippet,
    thread: item.thread,
    metadata: Object.fromEntries(item.metadata),
    sender: item.sender,
  };
}
