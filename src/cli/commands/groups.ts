/** `entdb groups`: actors and groups under one name, for grants and roles. */
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

export function declareGroups(command: Command, context: CliContext): void {
  command
    .addCommand(listCommand(context))
    .addCommand(putCommand(context))
    .addCommand(memberCommand(context, "add", "put an actor or a group into a group"))
    .addCommand(memberCommand(context, "remove", "take an actor or a group out of a group"))
    .addCommand(deleteCommand(context));
}

function listCommand(context: CliContext): Command {
  const command = new Command("list").description("list the tenant's groups and their members");
  addOutputFlag(addTenantFlags(command));
  return command.action(async (flags: Flags) => {
    const client = tenantClient(context, flags);
    const path = tenantPath(flags, "groups");
    const { rows } = await readPages(client, path, [], "groups", Number.POSITIVE_INFINITY);
    await context.output.rows(flags.output, rows, columns("name", "members"));
  });
}

function putCommand(context: CliContext): Command {
  const command = new Command("put")
    .description("make a group")
    .argument("<name>", 'the group\'s name, without "group:"');
  addOutputFlag(addTenantFlags(command));
  return command.action(async (name: string, flags: Flags) => {
    const group = await tenantClient(context, flags).post(tenantPath(flags, "groups"), { name });
    await context.output.record(flags.output, group);
  });
}

function memberCommand(
  context: CliContext,
  action: "add" | "remove",
  description: string,
): Command {
  const command = new Command(action)
    .description(description)
    .argument("<group>", "the group's name")
    .argument("<member>", 'an actor ("user:bob") or a group ("group:eng")');
  addOutputFlag(addTenantFlags(command));
  return command.action(async (group: string, member: string, flags: Flags) => {
    const path = tenantPath(flags, `groups/${action}_member`);
    await tenantClient(context, flags).post(path, { group, member });
    const done = action === "add" ? "added" : "removed";
    await context.output.record(flags.output, { group, member, [done]: true });
  });
}

function deleteCommand(context: CliContext): Command {
  const command = new Command("delete")
    .description("delete a group; its members lose what it was granted")
    .argument("<name>", "the group's name");
  addOutputFlag(addTenantFlags(addConfirmFlags(command)));
  return command.action(async (name: string, flags: Flags & ConfirmFlags) => {
    const client = tenantClient(context, flags);
    const action = `delete group ${name} of tenant ${flags.tenantId}`;
    if (!(await confirmed(context, flags, action))) return;
    await client.post(tenantPath(flags, "groups/delete"), { name });
    await context.output.record(flags.output, { name, deleted: true });
  });
}
