/**
 * `entdb watch`: what is changed in a tenant, a line for each change, until interrupted. The
 * last change of a transaction carries the position to go on from with `--after`.
 */
import { type Command, Option } from "commander";
import { isJsonObject, type JsonObject, parseJson } from "../../base/json.ts";
import { stringifyJson } from "../../base/json-write.ts";
import type { CliContext } from "../context.ts";
import { cutOff } from "../failure.ts";
import { addTenantFlags, several, type TenantFlags, tenantClient } from "../flags.ts";
import { cellText, streamLine } from "../format.ts";
import type { QueryParameters } from "../rest-client.ts";

/** How soon a watch that nobody reads any more ends, though nothing changes. */
const HEARTBEAT_MS = 1_000;

interface WatchFlags extends TenantFlags {
  readonly type: readonly string[];
  readonly edgeType: readonly string[];
  readonly after?: string;
  readonly fromBeginning?: true;
  readonly withNodes?: true;
  readonly output: "jsonl" | "table";
}

export function declareWatch(command: Command, context: CliContext): void {
  command
    .option("--type <type>", "number or name of a node type; may be repeated", several, [])
    .option("--edge-type <type>", "number or name of an edge type; may be repeated", several, [])
    .option("--after <position>", "changes behind this position_token, instead of from now on")
    .option("--from-beginning", "from the first change that is still kept")
    .option("--with-nodes", "also the nodes, as they stand when the change is sent")
    .addOption(
      new Option("-o, --output <format>", "how data is written to stdout")
        .choices(["jsonl", "table"])
        .default("jsonl"),
    );
  addTenantFlags(command).action((flags: WatchFlags) => watch(context, flags));
}

async function watch(context: CliContext, flags: WatchFlags): Promise<void> {
  const stop = new AbortController();
  const forget = context.onStopSignal(() => stop.abort());
  let position = flags.after;
  try {
    const events = tenantClient(context, flags).events("/v1/watch", queryOf(flags), stop.signal);
    if (flags.output === "table") await context.output.text(`${streamLine(TITLES, WIDTHS)}\n`);
    for await (const { data, id } of events) {
      await context.output.text(linesOf(data, id, flags.output));
      if (id !== "") position = id;
      if (context.output.closed) return;
    }
  } catch (error) {
    throw cutOff(error, position === undefined ? undefined : `--after ${position}`);
  } finally {
    forget();
  }
}

function queryOf(flags: WatchFlags): QueryParameters {
  const query: [string, string][] = [["heartbeat_ms", String(HEARTBEAT_MS)]];
  if (flags.type.length > 0) query.push(["types", flags.type.join(",")]);
  if (flags.edgeType.length > 0) query.push(["edge_types", flags.edgeType.join(",")]);
  if (flags.after !== undefined) query.push(["after", flags.after]);
  if (flags.fromBeginning) query.push(["from_beginning", "true"]);
  if (flags.withNodes) query.push(["with_nodes", "true"]);
  return query;
}

/** The changes of one event; nothing for a heartbeat. */
function linesOf(data: string, token: string, format: WatchFlags["output"]): string {
  const event = parseJson(data);
  if (!isJsonObject(event) || !Array.isArray(event["changes"])) return "";
  const changes = event["changes"].filter(isJsonObject);
  const place = { wal_position: event["wal_position"] ?? null };
  return changes
    .map((change, i) => {
      const isLast = i === changes.length - 1;
      const line = { ...change, ...place, ...(isLast ? { position_token: token } : {}) };
      return format === "table"
        ? `${streamLine(cellsOf(line), WIDTHS)}\n`
        : `${stringifyJson(line)}\n`;
    })
    .join("");
}

const TITLES = ["position", "time", "actor", "what", "id"];
const WIDTHS = [10, 24, 20, 20];

function cellsOf(change: JsonObject): string[] {
  const time = new Date(Number(change["changed_at"])).toISOString();
  const id = change["node_id"] ?? change["edge_id"];
  return [change["wal_position"], time, change["actor"], change["kind"], id].map(cellText);
}
