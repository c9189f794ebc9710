import { Command } from "commander";
import type { CliContext } from "../context.ts";
import {
  addOutputFlag,
  addTenantFlags,
  type OutputFlags,
  type TenantFlags,
  tenantClient,
  tenantPath,
} from "../flags.ts";

/** `entdb schema lock` and `unlock`. */
export function schemaLockCommand(context: CliContext, locked: boolean): Command {
  const command = locked
    ? new Command("lock").description("let only who holds the right schema change the types")
    : new Command("unlock").description("let everybody change the types again");
  addOutputFlag(addTenantFlags(command));
  return command.action(async (flags: TenantFlags & OutputFlags) => {
    const client = tenantClient(context, flags);
    const answer = await client.post(tenantPath(flags, "schema_lock"), { locked });
    await context.output.record(flags.output, answer);
  });
}
