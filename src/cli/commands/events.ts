/** `entdb events`: append to aggregates, and see where they stand. */
import { Command } from "commander";
import { isJsonObject, type JsonObject, objectsIn } from "../../base/json.ts";
import type { CliContext } from "../context.ts";
import { usageFailure } from "../failure.ts";
import {
  addKeyFlag,
  addOutputFlag,
  addTenantFlags,
  type KeyFlag,
  keyMember,
  type OutputFlags,
  several,
  type TenantFlags,
  tenantClient,
  wholeNumber,
} from "../flags.ts";
import { columns, timeColumn } from "../format.ts";
import { expectedNonce } from "../nonce.ts";
import { readPages } from "../pages.ts";
import { readJson, readPayload } from "../payload.ts";
import { consumerCommands } from "./events-consumers.ts";
import { readCommand, subscribeCommand } from "./events-read.ts";

type Flags = TenantFlags & OutputFlags;

export function declareEvents(command: Command, context: CliContext): void {
  command
    .addCommand(appendCommand(context))
    .addCommand(readCommand(context))
    .addCommand(subscribeCommand(context))
    .addCommand(headsCommand(context))
    .addCommand(headCommand(context));
  for (const consumer of consumerCommands(context)) command.addCommand(consumer);
}

type AppendFlags = Flags &
  KeyFlag & {
    readonly aggregateType: string;
    readonly expected: string;
    readonly eventType?: string;
    readonly payload?: string;
    readonly eventId?: string;
    readonly tag: readonly string[];
    readonly events?: string;
  };

function appendCommand(context: CliContext): Command {
  const command = new Command("append")
    .description("append events to an aggregate, all or nothing")
    .argument("<aggregate>", "the aggregate's id")
    .argument("[fields...]", "payload of one event: name=text or name:=JSON")
    .requiredOption("--aggregate-type <type>", "type of the aggregate, which it keeps")
    .option("--expected <nonce>", "its last nonce, or none, exists or any", expectedNonce, "any")
    .option("--event-type <type>", "type of the one event, dotted")
    .option("--payload <json>", "its payload as a JSON object; @file reads a file, - reads stdin")
    .option("--event-id <id>", "its id; the server makes one otherwise")
    .option("--tag <tag>", "a tag of the event; may be repeated", several, [])
    .option(
      "--events <json>",
      "instead: a JSON list of events as POST /v1/events/append takes them; @file, - as above",
    );
  addOutputFlag(addTenantFlags(addKeyFlag(command)));
  return command.action(async (aggregate: string, fields: string[], flags: AppendFlags) => {
    const append = {
      aggregate_id: aggregate,
      aggregate_type: flags.aggregateType,
      expected_nonce: flags.expected,
      events: await eventsOf(context, fields, flags),
    };
    const body = { appends: [append], ...keyMember(flags) };
    const answer = await tenantClient(context, flags).post("/v1/events/append", body);
    const [result] = objectsIn(answer["results"]);
    await context.output.record(flags.output, {
      ...result,
      wal_position: answer["wal_position"] ?? null,
    });
  });
}

async function eventsOf(
  context: CliContext,
  fields: readonly string[],
  flags: AppendFlags,
): Promise<JsonObject[]> {
  const { events, eventType, eventId, tag: tags } = flags;
  if (events === undefined) {
    if (eventType === undefined) throw noEvents();
    const payload = await readPayload(context, fields, flags.payload);
    const id = eventId === undefined ? {} : { event_id: eventId };
    return [{ event_type: eventType, payload, ...id, ...(tags.length === 0 ? {} : { tags }) }];
  }
  const ofOne = [eventType, eventId, flags.payload, ...tags, ...fields];
  if (ofOne.some((given) => given !== undefined)) throw noEvents();
  const list = await readJson(context, events, "--events");
  if (Array.isArray(list) && list.every(isJsonObject)) return list;
  throw usageFailure("--events is not a JSON list of events.", 'Write [{"event_type": …}, …].');
}

function noEvents() {
  return usageFailure(
    "Say which events: one, or a list of them.",
    "Give --event-type with what goes with it, or --events alone.",
  );
}

type HeadsFlags = Flags & {
  readonly aggregateType?: string;
  readonly prefix?: string;
  readonly limit: number;
};

function headsCommand(context: CliContext): Command {
  const command = new Command("heads")
    .description("list aggregates and where they stand, by id")
    .option("--aggregate-type <type>", "only of this type")
    .option("--prefix <text>", "only those whose ids begin so")
    .option("--limit <count>", "at most so many", wholeNumber(1), 100);
  addOutputFlag(addTenantFlags(command));
  return command.action(async (flags: HeadsFlags) => {
    const { aggregateType, prefix, limit } = flags;
    const query: [string, string][] = [];
    if (aggregateType !== undefined) query.push(["aggregate_type", aggregateType]);
    if (prefix !== undefined) query.push(["aggregate_id_prefix", prefix]);
    const client = tenantClient(context, flags);
    const { rows, hasMore } = await readPages(client, "/v1/aggregates", query, "aggregates", limit);
    await context.output.rows(flags.output, rows, HEAD_COLUMNS);
    if (hasMore) await context.output.note(`${limit} shown; there are more (--limit).`);
  });
}

function headCommand(context: CliContext): Command {
  const command = new Command("head")
    .description("show where an aggregate stands")
    .argument("<aggregate>", "the aggregate's id");
  addOutputFlag(addTenantFlags(command));
  return command.action(async (aggregate: string, flags: Flags) => {
    const query = [["aggregate_id", aggregate]] as const;
    const head = await tenantClient(context, flags).get("/v1/aggregates/head", query);
    await context.output.record(flags.output, head, ["created_at", "updated_at"]);
  });
}

const HEAD_COLUMNS = [
  ...columns("aggregate_id", "aggregate_type", "last_aggregate_nonce", "last_global_nonce"),
  timeColumn("updated_at"),
];
