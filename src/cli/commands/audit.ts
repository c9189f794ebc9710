import type { Command } from "commander";
import type { CliContext } from "../context.ts";
import {
  addOutputFlag,
  addTenantFlags,
  type OutputFlags,
  serverClient,
  type TenantFlags,
  tenantClient,
  wholeNumber,
} from "../flags.ts";
import { columns, timeColumn } from "../format.ts";
import { readPages } from "../pages.ts";
import { timeOf } from "../time.ts";

type Flags = TenantFlags &
  OutputFlags & {
    readonly server?: true;
    readonly from?: number;
    readonly until?: number;
    readonly limit: number;
  };

/** `entdb audit`: what was done and refused, newest first. */
export function declareAudit(command: Command, context: CliContext): void {
  command
    .option("--server", "of the whole server: tenants, keys, failed credentials")
    .option("--from <time>", "from then on: a date, or Unix milliseconds", timeOf)
    .option("--until <time>", "before then", timeOf)
    .option("--limit <count>", "at most so many", wholeNumber(1), 100);
  addOutputFlag(addTenantFlags(command));
  command.action(async (flags: Flags) => {
    const { from, until, limit } = flags;
    const path = flags.server ? "/admin/audit" : "/v1/audit";
    const query: [string, string][] = [];
    if (from !== undefined) query.push(["from", String(from)]);
    if (until !== undefined) query.push(["until", String(until)]);
    const client = flags.server ? serverClient(context, flags) : tenantClient(context, flags);
    const { rows, hasMore } = await readPages(client, path, query, "events", limit);
    await context.output.rows(flags.output, rows, AUDIT_COLUMNS);
    if (hasMore) await context.output.note(`${limit} shown; there are more (--limit, --until).`);
  });
}

const AUDIT_COLUMNS = [
  timeColumn("at"),
  ...columns("action", "tenant_id", "actor", "credential", "outcome", "count"),
  ...columns("wal_position", "details"),
];
