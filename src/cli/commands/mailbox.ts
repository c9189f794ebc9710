/** `entdb mailbox`: what an actor has been sent. */
import { Command } from "commander";
import { isJsonObject, type JsonObject, objectsIn } from "../../base/json.ts";
import type { CliContext } from "../context.ts";
import { usageFailure } from "../failure.ts";
import {
  addConfirmFlags,
  addKeyFlag,
  addOutputFlag,
  addTenantFlags,
  type ConfirmFlags,
  confirmed,
  type KeyFlag,
  keyMember,
  type OutputFlags,
  type TenantFlags,
  tenantClient,
  typeMember,
  wholeNumber,
} from "../flags.ts";
import { type Column, timeColumn } from "../format.ts";

type Flags = TenantFlags & OutputFlags & { readonly user?: string };
type ListFlags = Flags & {
  readonly unread?: true;
  readonly type?: string;
  readonly thread?: string;
  readonly limit: number;
  readonly cursor?: string;
};
type SearchFlags = Flags & { readonly prefix?: true; readonly limit: number };
type ChangeFlags = Flags & { readonly upTo?: string } & KeyFlag;

export function declareMailbox(command: Command, context: CliContext): void {
  command
    .addCommand(listCommand(context))
    .addCommand(searchCommand(context))
    .addCommand(unreadCommand(context))
    .addCommand(markReadCommand(context))
    .addCommand(deleteCommand(context));
}

function addFlags(command: Command): Command {
  command.option("--user <actor>", "whose mailbox; otherwise that of --actor");
  return addOutputFlag(addTenantFlags(command));
}

function listCommand(context: CliContext): Command {
  const command = new Command("list")
    .description("list items, newest first")
    .option("--unread", "only unread ones")
    .option("--type <type>", "only of nodes of this type: its number or name")
    .option("--thread <thread>", "only of this thread")
    .option("--limit <count>", "at most so many items", wholeNumber(1), 100)
    .option("--cursor <cursor>", "go on where another list ended");
  return addFlags(command).action(async (flags: ListFlags) => {
    const query = [...ownerQuery(flags), ["limit", String(flags.limit)] as const];
    if (flags.unread) query.push(["unread_only", "true"]);
    for (const [name, value] of flags.type === undefined ? [] : typeMember(flags.type)) {
      query.push([name, String(value)]);
    }
    if (flags.thread !== undefined) query.push(["thread", flags.thread]);
    if (flags.cursor !== undefined) query.push(["cursor", flags.cursor]);
    const answer = await tenantClient(context, flags).get("/v1/mailbox", query);
    await context.output.rows(flags.output, objectsIn(answer["items"]), ITEM_COLUMNS);
    const more =
      answer["has_more"] === true ? `; go on with --cursor ${answer["next_cursor"]}` : "";
    await context.output.note(`${answer["unread_count"]} unread${more}`);
  });
}

function searchCommand(context: CliContext): Command {
  const command = new Command("search")
    .description("find items by the words of their nodes, best match first")
    .argument("<words...>", "words, all of which an item must hold")
    .option("--prefix", "the last word may be the beginning of one")
    .option("--limit <count>", "at most so many items", wholeNumber(1), 20);
  return addFlags(command).action(async (words: string[], flags: SearchFlags) => {
    const query = [
      ...ownerQuery(flags),
      ["query", words.join(" ")] as const,
      ["limit", String(flags.limit)] as const,
    ];
    if (flags.prefix) query.push(["prefix", "true"]);
    const answer = await tenantClient(context, flags).get("/v1/mailbox/search", query);
    await context.output.rows(flags.output, objectsIn(answer["results"]), HIT_COLUMNS);
  });
}

function unreadCommand(context: CliContext): Command {
  const command = new Command("unread").description("count unread items");
  return addFlags(command).action(async (flags: Flags) => {
    const client = tenantClient(context, flags);
    const answer = await client.get("/v1/mailbox/unread_count", ownerQuery(flags));
    if (flags.output === "table") return context.output.text(`${answer["unread_count"]}\n`);
    await context.output.record(flags.output, answer);
  });
}

function markReadCommand(context: CliContext): Command {
  const command = new Command("mark-read")
    .description("mark items as read; missing ones are passed over")
    .option("--unread", "mark them as unread instead");
  return addChangeFlags(command).action(
    async (ids: string[], flags: ChangeFlags & { readonly unread?: true }) => {
      const body = { ...changeBody(ids, flags), ...(flags.unread && { unread: true }) };
      const receipt = await tenantClient(context, flags).post("/v1/mailbox/mark_read", body);
      await context.output.record(flags.output, receipt);
    },
  );
}

function deleteCommand(context: CliContext): Command {
  const command = new Command("delete").description(
    "delete items for good; the nodes that they are about stay",
  );
  addConfirmFlags(command);
  return addChangeFlags(command).action(
    async (ids: string[], flags: ChangeFlags & ConfirmFlags) => {
      const body = changeBody(ids, flags);
      const action = `delete ${itemsText(ids, flags)} of a mailbox for good`;
      if (!(await confirmed(context, flags, action))) return;
      const receipt = await tenantClient(context, flags).post("/v1/mailbox/delete", body);
      await context.output.record(flags.output, receipt);
    },
  );
}

function addChangeFlags(command: Command): Command {
  command
    .argument("[items...]", "ids of items, as the list gives them")
    .option("--up-to <token>", "every item up to this position, as answers give it");
  return addFlags(addKeyFlag(command));
}

function changeBody(ids: string[], flags: ChangeFlags): JsonObject {
  if (ids.length === 0 && flags.upTo === undefined) {
    throw usageFailure("No items are named.", "Give their ids, or --up-to a position.");
  }
  return {
    item_ids: ids,
    ...(flags.user !== undefined && { user_id: flags.user }),
    ...(flags.upTo !== undefined && { up_to: flags.upTo }),
    ...keyMember(flags),
  };
}

/** What the flags choose, for whoever is asked whether it is meant. */
function itemsText(ids: readonly string[], { upTo }: ChangeFlags): string {
  const named = ids.length === 1 ? "1 item" : `${ids.length} items`;
  if (upTo === undefined) return named;
  const all = "every item up to a position";
  return ids.length === 0 ? all : `${named} and ${all}`;
}

function ownerQuery(flags: Flags): (readonly [string, string])[] {
  return flags.user === undefined ? [] : [["user_id", flags.user]];
}

const ITEM_COLUMNS: readonly Column[] = [
  { title: "id", cell: (item) => item["id"] },
  timeColumn("delivered_at"),
  { title: "read", cell: (item) => item["read"] },
  { title: "sender", cell: (item) => item["sender"] },
  { title: "node", cell: (item) => item["node_id"] },
  { title: "snippet", cell: (item) => item["snippet"] },
];

const HIT_COLUMNS: readonly Column[] = [
  { title: "score", cell: (hit) => Number(hit["score"]).toFixed(3) },
  { title: "id", cell: (hit) => itemOf(hit)["id"] },
  { title: "sender", cell: (hit) => itemOf(hit)["sender"] },
  // In brackets: control characters are nothing for a terminal.
  {
    title: "found",
    cell: (hit) =>
      String(hit["highlight"])
        .replaceAll("\u0002", "[")
        .replaceAll("\u0003", "]")
        .replaceAll(/\s+/g, " "),
  },
];

function itemOf(hit: JsonObject): JsonObject {
  const item = hit["item"];
  return isJsonObject(item) ? item : {};
}
