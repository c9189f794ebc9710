/**
 * `entdb tenants`: tenants of a running server, and what an operator does to them. The tenant
 * is an argument, never taken from the environment: nothing is deleted because of a variable
 * that was set long ago.
 */
import { Command } from "commander";
import type { CliContext } from "../context.ts";
import { EXIT } from "../failure.ts";
import {
  addConfirmFlags,
  addOutputFlag,
  addServerFlags,
  addTenantFlags,
  type ConfirmFlags,
  confirmed,
  type OutputFlags,
  requireTenant,
  type ServerFlags,
  serverClient,
  type TenantFlags,
  tenantClient,
  wholeNumber,
} from "../flags.ts";
import { columns, timeColumn } from "../format.ts";
import { readPages } from "../pages.ts";

type Flags = ServerFlags & OutputFlags;

export function declareTenants(command: Command, context: CliContext): void {
  command
    .addCommand(listCommand(context))
    .addCommand(getCommand(context))
    .addCommand(createCommand(context))
    .addCommand(stateCommand(context, "suspend", "refuse its writes from here on; reads go on"))
    .addCommand(stateCommand(context, "resume", "take its writes again"))
    .addCommand(limitsCommand(context))
    .addCommand(deleteCommand(context))
    .addCommand(retryCommand(context));
}

function listCommand(context: CliContext): Command {
  const command = new Command("list").description("list all tenants");
  addOutputFlag(addServerFlags(command));
  return command.action(async (flags: Flags) => {
    const client = serverClient(context, flags);
    const all = Number.POSITIVE_INFINITY;
    const { rows } = await readPages(client, "/v1/tenants", [], "tenants", all);
    await context.output.rows(flags.output, rows, TENANT_COLUMNS);
  });
}

const TENANT_COLUMNS = [
  ...columns("tenant_id", "state"),
  timeColumn("created_at"),
  ...columns("limits"),
];

function getCommand(context: CliContext): Command {
  const command = new Command("get").description("show a tenant");
  addOutputFlag(addServerFlags(addTenantArgument(command)));
  return command.action(async (id: string, flags: Flags) => {
    await context.output.record(flags.output, await serverClient(context, flags).get(pathOf(id)));
  });
}

function createCommand(context: CliContext): Command {
  const command = new Command("create")
    .description("create a tenant")
    .argument("<id>", "the tenant's id")
    .option("--admin <actors...>", "members with the role admin from the start");
  addOutputFlag(addServerFlags(command));
  return command.action(async (id: string, flags: Flags & { admin?: string[] }) => {
    const body = { tenant_id: id, admins: flags.admin ?? [] };
    const tenant = await serverClient(context, flags).post("/v1/tenants", body);
    await context.output.record(flags.output, tenant);
  });
}

function stateCommand(
  context: CliContext,
  action: "suspend" | "resume",
  description: string,
): Command {
  const command = new Command(action).description(description);
  addOutputFlag(addServerFlags(addTenantArgument(command)));
  return command.action(async (id: string, flags: Flags) => {
    const tenant = await serverClient(context, flags).post(`${pathOf(id)}/${action}`, {});
    await context.output.record(flags.output, tenant);
  });
}

function limitsCommand(context: CliContext): Command {
  const command = new Command("limits")
    .description("set a tenant's own limits; what is left out takes the server's")
    .option("--requests-per-second <count>", "come back each second; 0: no limit", wholeNumber(0))
    .option(
      "--request-burst <count>",
      "at most so many at once; 0: as in a second",
      wholeNumber(0),
    );
  addOutputFlag(addServerFlags(addTenantArgument(command)));
  type Limits = Flags & { requestsPerSecond?: number; requestBurst?: number };
  return command.action(async (id: string, flags: Limits) => {
    const { requestsPerSecond, requestBurst } = flags;
    const tenant = await serverClient(context, flags).post(`${pathOf(id)}/limits`, {
      ...(requestsPerSecond !== undefined && { requests_per_second: requestsPerSecond }),
      ...(requestBurst !== undefined && { request_burst: requestBurst }),
    });
    await context.output.record(flags.output, tenant);
  });
}

function deleteCommand(context: CliContext): Command {
  const command = new Command("delete").description(
    "delete a tenant for good: its files, keys and history",
  );
  addOutputFlag(addServerFlags(addConfirmFlags(addTenantArgument(command))));
  return command.action(async (id: string, flags: Flags & ConfirmFlags) => {
    const client = serverClient(context, flags);
    // Says TENANT_NOT_FOUND before anybody is asked, and lets a dry run tell the truth.
    await client.get(pathOf(id));
    if (!(await confirmed(context, flags, `delete tenant ${id} for good`))) return;
    await client.post(`${pathOf(id)}/delete`, { confirm: id });
    await context.output.record(flags.output, { tenant_id: id, deleted: true });
  });
}

function retryCommand(context: CliContext): Command {
  const command = new Command("retry").description(
    "try the record at which a halted tenant stands once more",
  );
  addOutputFlag(addTenantFlags(command));
  return command.action(async (flags: TenantFlags & OutputFlags) => {
    const tenantId = requireTenant(flags.tenantId);
    const answer = await tenantClient(context, flags).post(
      `/admin/tenants/${encodeURIComponent(tenantId)}/retry`,
      {},
    );
    await context.output.record(flags.output, answer);
    if (answer["resumed"] !== true) context.conclude(EXIT.failure);
  });
}

function addTenantArgument(command: Command): Command {
  return command.argument("<id>", "the tenant's id");
}

function pathOf(tenantId: string): string {
  return `/v1/tenants/${encodeURIComponent(tenantId)}`;
}
