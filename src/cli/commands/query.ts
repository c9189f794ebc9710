/**
 * `entdb query`: nodes of one type, filtered and in order. Filters are handed on as they are
 * typed: which fields and operators there are, the server says.
 */
import type { Command } from "commander";
import { type JsonObject, objectsIn } from "../../base/json.ts";
import type { CliContext } from "../context.ts";
import { usageFailure } from "../failure.ts";
import {
  addOutputFlag,
  addTenantFlags,
  type OutputFlags,
  type TenantFlags,
  tenantClient,
  typeMember,
  wholeNumber,
} from "../flags.ts";
import type { Column } from "../format.ts";
import type { QueryParameters } from "../rest-client.ts";

type QueryFlags = TenantFlags &
  OutputFlags & {
    readonly type: string;
    readonly limit: number;
    readonly offset: number;
    readonly order?: string;
    readonly includeDeleted?: true;
  };

export function declareQuery(command: Command, context: CliContext): void {
  command
    .argument(
      "[filters...]",
      "name=value, or name.op=value: eq neq gt gte lt lte in like contains is_null",
    )
    .requiredOption("--type <type>", "number or name of the nodes' type")
    .option("--limit <count>", "at most so many nodes", wholeNumber(1), 100)
    .option("--offset <count>", "pass over so many nodes first", wholeNumber(0), 0)
    .option("--order <terms>", "fields to order by, separated by commas; -name is descending")
    .option("--include-deleted", "deleted nodes too");
  addOutputFlag(addTenantFlags(command));
  command.action(async (filters: string[], flags: QueryFlags) => {
    const query = [...queryParameters(flags), ...filters.map(filterParameter)];
    const answer = await tenantClient(context, flags).get("/v1/nodes", query);
    const nodes = objectsIn(answer["nodes"]);
    await context.output.rows(flags.output, nodes, NODE_COLUMNS);
    if (answer["has_more"] === true) {
      const total = answer["total_count"];
      const of = typeof total === "number" ? ` of ${total}` : "";
      const next = flags.offset + nodes.length;
      await context.output.note(`${nodes.length}${of} nodes; go on with --offset ${next}`);
    }
  });
}

const NODE_COLUMNS: readonly Column[] = ["id", "version", "payload"].map((name) => ({
  title: name,
  cell: (node: JsonObject) => node[name],
}));

function queryParameters(flags: QueryFlags): QueryParameters {
  const parameters: [string, string][] = [
    ...typeMember(flags.type).map(([name, value]): [string, string] => [name, String(value)]),
    ["limit", String(flags.limit)],
  ];
  if (flags.offset > 0) parameters.push(["offset", String(flags.offset)]);
  if (flags.order !== undefined) parameters.push(["order", flags.order]);
  if (flags.includeDeleted) parameters.push(["include_deleted", "true"]);
  return parameters;
}

/** `status=active` as `filter.status=active`. */
function filterParameter(filter: string): readonly [string, string] {
  const at = filter.indexOf("=");
  const name = filter.slice(0, Math.max(0, at));
  if (!/^[A-Za-z][A-Za-z0-9_]*(\.[a-z_]+)?$/.test(name)) {
    throw usageFailure(
      `"${filter}" is not a filter.`,
      "Write name=value, or name.op=value as in created_at.gte=1700000000000.",
    );
  }
  return [`filter.${name}`, filter.slice(at + 1)];
}
