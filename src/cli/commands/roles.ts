import { Command } from "commander";
import { objectsIn } from "../../base/json.ts";
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

type Flags = TenantFlags & OutputFlags;

/** `entdb roles`: names for rights. */
export function declareRoles(command: Command, context: CliContext): void {
  command
    .addCommand(listCommand(context))
    .addCommand(putCommand(context))
    .addCommand(deleteCommand(context));
}

function listCommand(context: CliContext): Command {
  const command = new Command("list").description("list the tenant's roles and their rights");
  addOutputFlag(addTenantFlags(command));
  return command.action(async (flags: Flags) => {
    const { roles } = await tenantClient(context, flags).get(tenantPath(flags, "roles"));
    await context.output.rows(flags.output, objectsIn(roles), columns("name", "rights"));
  });
}

function putCommand(context: CliContext): Command {
  const command = new Command("put")
    .description("make a role, or replace its rights")
    .argument("<name>", "the role's name")
    .option("--right <rights...>", "data schema members mailboxes keys audit");
  addOutputFlag(addTenantFlags(command));
  return command.action(async (name: string, flags: Flags & { right?: string[] }) => {
    const body = { name, rights: flags.right ?? [] };
    const role = await tenantClient(context, flags).post(tenantPath(flags, "roles"), body);
    await context.output.record(flags.output, role);
  });
}

function deleteCommand(context: CliContext): Command {
  const command = new Command("delete")
    .description("delete a role; who held it loses its rights")
    .argument("<name>", "the role's name");
  addOutputFlag(addTenantFlags(addConfirmFlags(command)));
  return command.action(async (name: string, flags: Flags & ConfirmFlags) => {
    const client = tenantClient(context, flags);
    const action = `delete role ${name} of tenant ${flags.tenantId}`;
    if (!(await confirmed(context, flags, action))) return;
    await client.post(tenantPath(flags, "roles/delete"), { name });
    await context.output.record(flags.output, { name, deleted: true });
  });
}
