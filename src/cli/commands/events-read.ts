/**
 * `entdb events read` and `entdb events subscribe`: what stands in a tenant's events, and what
 * comes. Both say where to go on with `--from`.
 */
import { Command, Option } from "commander";
import { isJsonObject, type JsonObject, objectsIn, parseJson } from "../../base/json.ts";
import { stringifyJson } from "../../base/json-write.ts";
import type { CliContext } from "../context.ts";
import { cutOff, usageFailure } from "../failure.ts";
import {
  addOutputFlag,
  addTenantFlags,
  type OutputFlags,
  several,
  type TenantFlags,
  tenantClient,
  wholeNumber,
} from "../flags.ts";
import { type Column, cellText, columns, streamLine, timeColumn } from "../format.ts";
import { nonce } from "../nonce.ts";

interface FilterFlags {
  readonly eventType: readonly string[];
  readonly aggregateType: readonly string[];
  readonly prefix?: string;
  readonly tag: readonly string[];
}

type ReadFlags = TenantFlags &
  OutputFlags &
  FilterFlags & {
    readonly from?: string;
    readonly backward?: true;
    readonly limit: number;
  };

type SubscribeFlags = TenantFlags &
  FilterFlags & {
    readonly from?: string;
    readonly consumer?: string;
    readonly output: "jsonl" | "table";
  };

function addFilterFlags(command: Command): Command {
  return command
    .option("--event-type <type>", "only events of this type; may be repeated", several, [])
    .option("--aggregate-type <type>", "only of aggregates of this type; repeated", several, [])
    .option("--prefix <text>", "only of aggregates whose ids begin so")
    .option("--tag <tag>", "only events with this tag; repeated: with all of them", several, []);
}

export function readCommand(context: CliContext): Command {
  const command = new Command("read")
    .description("show events of an aggregate, or of the whole tenant")
    .argument("[aggregate]", "the aggregate's id; otherwise every event in the order of the tenant")
    .option("--from <nonce>", "from this nonce on, of the aggregate or of the tenant", nonce)
    .option("--backward", "newest first")
    .option("--limit <count>", "at most so many", wholeNumber(1), 100);
  addOutputFlag(addTenantFlags(addFilterFlags(command)));
  return command.action(async (aggregate: string | undefined, flags: ReadFlags) => {
    const filter = filterQuery(flags);
    if (aggregate !== undefined && filter.length > 0) {
      throw usageFailure(
        "The events of one aggregate are not filtered.",
        "Leave the filter out, or name the aggregate by --prefix among all events of the tenant.",
      );
    }
    await read(context, flags, aggregate === undefined ? filter : [["aggregate_id", aggregate]]);
  });
}

/** Page by page: lines leave as they come, and nothing more is read once nobody takes them. */
async function read(
  context: CliContext,
  flags: ReadFlags,
  chosen: readonly (readonly [string, string])[],
): Promise<void> {
  const { output } = context;
  const ofAggregate = chosen[0]?.[0] === "aggregate_id";
  const path = ofAggregate ? "/v1/aggregates/events" : "/v1/events";
  const next = ofAggregate ? "next_from_aggregate_nonce" : "next_from_global_nonce";
  const client = tenantClient(context, flags);
  const rows: JsonObject[] = [];
  let from = flags.from ?? "0";
  let left = flags.limit;
  let isEnd = false;
  while (left > 0 && !isEnd && !output.closed) {
    const query: [string, string][] = [...chosen, ["from", from], ["limit", String(left)]].map(
      ([name = "", value = ""]) => [name, value],
    );
    if (flags.backward) query.push(["backward", "true"]);
    const page = await client.get(path, query);
    const events = objectsIn(page["events"]);
    left -= events.length;
    isEnd = page["is_end"] === true;
    from = String(page[next]);
    if (flags.output === "jsonl") await output.rows("jsonl", events, EVENT_COLUMNS);
    else rows.push(...events);
  }
  if (flags.output !== "jsonl") await output.rows(flags.output, rows, EVENT_COLUMNS);
  if (!isEnd) await output.note(`There are more: go on with --from ${from}.`);
}

export function subscribeCommand(context: CliContext): Command {
  const command = new Command("subscribe")
    .description("show a tenant's events, and those to come, until interrupted")
    .option("--from <nonce>", "from this global nonce on, instead of from the start", nonce)
    .option("--consumer <name>", "instead: behind the checkpoint of this consumer")
    .addOption(
      new Option("-o, --output <format>", "how data is written to stdout")
        .choices(["jsonl", "table"])
        .default("jsonl"),
    );
  addTenantFlags(addFilterFlags(command));
  return command.action((flags: SubscribeFlags) => subscribe(context, flags));
}

async function subscribe(context: CliContext, flags: SubscribeFlags): Promise<void> {
  const { output } = context;
  const stop = new AbortController();
  const forget = context.onStopSignal(() => stop.abort());
  let seen: number | undefined;
  const resume = () => (seen === undefined ? undefined : `--from ${seen + 1}`);
  try {
    const query = subscriptionQuery(flags);
    const events = tenantClient(context, flags).events("/v1/events/subscribe", query, stop.signal);
    if (flags.output === "table") await output.text(`${streamLine(TITLES, WIDTHS)}\n`);
    for await (const { data, id } of events) {
      await output.text(lineOf(data, flags.output));
      if (output.closed) return;
      if (id !== "") seen = Number(id);
    }
    const flag = resume();
    if (flag !== undefined) await output.note(`Go on with ${flag}.`);
  } catch (error) {
    throw cutOff(error, resume());
  } finally {
    forget();
  }
}

function subscriptionQuery(flags: SubscribeFlags): [string, string][] {
  const query = filterQuery(flags);
  if (flags.from !== undefined) query.push(["from", flags.from]);
  if (flags.consumer !== undefined) query.push(["consumer", flags.consumer]);
  return query;
}

function filterQuery({ eventType, aggregateType, prefix, tag }: FilterFlags): [string, string][] {
  const query: [string, string][] = [];
  if (eventType.length > 0) query.push(["event_types", JSON.stringify(eventType)]);
  if (aggregateType.length > 0) query.push(["aggregate_types", JSON.stringify(aggregateType)]);
  if (prefix !== undefined) query.push(["aggregate_id_prefix", prefix]);
  if (tag.length > 0) query.push(["tags", JSON.stringify(tag)]);
  return query;
}

/** The line of an event; nothing for a keep-alive. */
function lineOf(data: string, format: SubscribeFlags["output"]): string {
  const message = parseJson(data);
  const event = isJsonObject(message) ? message["event"] : undefined;
  if (!isJsonObject(event)) return "";
  if (format === "jsonl") return `${stringifyJson(event)}\n`;
  const cells = EVENT_COLUMNS.map(({ cell }) => cellText(cell(event)));
  return `${streamLine(cells, WIDTHS)}\n`;
}

const EVENT_COLUMNS: readonly Column[] = [
  ...columns("global_nonce", "aggregate_id", "aggregate_nonce", "event_type"),
  timeColumn("recorded_time_unix_ms"),
  { title: "payload", cell: (event) => event["payload"] ?? event["payload_base64"] },
];
const TITLES = EVENT_COLUMNS.map(({ title }) => title);
const WIDTHS = [12, 24, 15, 24, 24];
