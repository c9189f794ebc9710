/** `entdb snapshots`: snapshots of a running server. Without a server `entdb restore` lists and uses them. */
import { Command } from "commander";
import type { JsonObject } from "../../base/json.ts";
import type { CliContext } from "../context.ts";
import {
  addOutputFlag,
  addServerFlags,
  type OutputFlags,
  requireTenant,
  type ServerFlags,
  serverClient,
  tenantOption,
} from "../flags.ts";
import { SNAPSHOT_COLUMNS } from "../snapshot-columns.ts";

interface Flags extends ServerFlags, OutputFlags {
  readonly tenantId?: string;
}

export function declareSnapshots(command: Command, context: CliContext): void {
  command.addCommand(createCommand(context)).addCommand(listCommand(context));
}

function createCommand(context: CliContext): Command {
  const command = new Command("create")
    .description("make a snapshot now")
    .option("--tenant-id <id>", "of this tenant only; without it of every tenant and the catalog");
  addOutputFlag(addServerFlags(command));
  return command.action(async (flags: Flags) => {
    await context.output.progress("making snapshots");
    const body = flags.tenantId === undefined ? {} : { tenant_id: flags.tenantId };
    const answer = await serverClient(context, flags).post("/admin/snapshot", body);
    await show(context, flags, answer);
  });
}

function listCommand(context: CliContext): Command {
  const command = new Command("list")
    .description("list a tenant's snapshots, oldest first")
    .addOption(tenantOption("the tenant; _system for the catalog"));
  addOutputFlag(addServerFlags(command));
  return command.action(async (flags: Flags) => {
    const tenantId = encodeURIComponent(requireTenant(flags.tenantId));
    const answer = await serverClient(context, flags).get(`/admin/snapshots/${tenantId}`);
    await show(context, flags, answer);
  });
}

async function show(context: CliContext, flags: Flags, answer: JsonObject): Promise<void> {
  const { snapshots } = answer;
  await context.output.rows(flags.output, snapshots as JsonObject[], SNAPSHOT_COLUMNS);
}
