/** Mailboxes of cases. */
import type { MailboxItem } from "@entdb/client";
import type { Step } from "./format.ts";
import { optional } from "./optional.ts";
import { listed, marked, paging, reading } from "./reads.ts";
import { nodeTypeOf, type Party, type World } from "./world.ts";
import { selectionOf } from "./writes.ts";

export function listMailbox(party: Party, step: Step, world: World): Promise<unknown> {
  const type = step["type"] === undefined ? undefined : nodeTypeOf(party, step["type"]);
  const listing = party.client.mailbox.list({
    ...reading(step, world),
    ...paging(step),
    ...optional("user", step["user"] as string | undefined),
    ...optional("type", type),
    ...optional("thread", step["thread"] as string | undefined),
    unreadOnly: step["unread_only"] === true,
  });
  return listed(listing, step, world, (item) => itemOf(item, world));
}

export function searchMailbox(party: Party, step: Step, world: World): Promise<unknown> {
  const listing = party.client.mailbox.search(step["query"] as string, {
    ...reading(step, world),
    ...paging(step),
    ...optional("user", step["user"] as string | undefined),
    prefix: step["prefix"] === true,
  });
  return listed(listing, step, world, ({ item, highlight }) => ({
    ...itemOf(item, world),
    found: marked(highlight.parts),
  }));
}

export function unreadCount({ client }: Party, step: Step, world: World): Promise<unknown> {
  const user = optional("user", step["user"] as string | undefined);
  return client.mailbox.unreadCount({ ...reading(step, world), ...user });
}

export async function markRead({ client }: Party, step: Step, world: World): Promise<unknown> {
  const selection = selectionOf(step, world);
  const { count } = await client.mailbox.markRead(selection, {
    unread: step["unread"] === true,
    ...optional("idempotencyKey", step["key"] as string | undefined),
  });
  return count;
}

export async function deleteItems({ client }: Party, step: Step, world: World): Promise<unknown> {
  const key = optional("idempotencyKey", step["key"] as string | undefined);
  return (await client.mailbox.delete(selectionOf(step, world), key)).count;
}

function itemOf(item: MailboxItem, world: World) {
  return {
    is: world.nameOf(item.nodeId),
    id: item.id,
    type_id: item.typeId,
    read: item.read,
    snippet: item.snippet,
    thread: item.thread,
    metadata: item.metadata,
    sender: item.sender,
  };
}
