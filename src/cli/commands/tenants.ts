import { Command } from "commander";
import type { CliContext } from "../context.ts";
import { EXIT } from "../failure.ts";
import {
  addOutputFlag,
  addTenantFlags,
  type OutputFlags,
  requireTenant,
  type TenantFlags,
  tenantClient,
} from "../flags.ts";

/** `entdb tenants`: what an operator does to a tenant of a running server. */
export function tenantsCommand(context: CliContext): Command {
  return new Command("tenants").description("look after tenants").addCommand(retryCommand(context));
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
