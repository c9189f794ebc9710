import { Command } from "commander";
import type { CliContext } from "../context.ts";
import {
  addConfirmFlags,
  addOutputFlag,
  addTenantFlags,
  type ConfirmFlags,
  confirmed,
  type OutputFlags,
  type TenantFlags,
  tenantClient,
  tenantPath,
} from "../flags.ts";
import { columns } from "../format.ts";
import { readPages } from "../pages.ts";

type Flags = TenantFlags & OutputFlags;

/** `entdb members`: who belongs to a tenant, with which roles. */
export function declareMembers(command: Command, context: CliContext): void {
  command
    .addCommand(listCommand(context))
    .addCommand(setCommand(context))
    .addCommand(removeCommand(context));
}

function listCommand(context: CliContext): Command {
  const command = new Command("list").description("list the tenant's members and their roles");
  addOutputFlag(addTenantFlags(command));
  return command.action(async (flags: Flags) => {
    const client = tenantClient(context, flags);
    const path = tenantPath(flags, "members");
    const { rows } = await readPages(client, path, [], "members", Number.POSITIVE_INFINITY);
    await context.output.rows(flags.output, rows, columns("principal", "roles"));
  });
}

function setCommand(context: CliContext): Command {
  const command = new Command("set")
    .description("make somebody a member, or replace the roles it holds")
    .argument("<principal>", 'an actor ("user:bob") or a group ("group:eng")')
    .option("--role <names...>", "roles, by name; none takes all away");
  addOutputFlag(addTenantFlags(command));
  return command.action(async (principal: string, flags: Flags & { role?: string[] }) => {
    const body = { principal, roles: flags.role ?? [] };
    const member = await tenantClient(context, flags).post(tenantPath(flags, "members"), body);
    await context.output.record(flags.output, member);
  });
}

function removeCommand(context: CliContext): Command {
  const command = new Command("remove")
    .description("end a membership")
    .argument("<principal>", "an actor or a group");
  addOutputFlag(addTenantFlags(addConfirmFlags(command)));
  return command.action(async (principal: string, flags: Flags & ConfirmFlags) => {
    const action = `remove member ${principal} of tenant ${flags.tenantId}`;
    const client = tenantClient(context, flags);
    if (!(await confirmed(context, flags, action))) return;
    await client.post(tenantPath(flags, "members/remove"), { principal });
    await context.output.record(flags.output, { principal, removed: true });
  });
}
