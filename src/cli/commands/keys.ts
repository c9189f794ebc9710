/** `entdb keys`: API keys of a tenant, or with `--server` of the server. */
import { Command } from "commander";
import type { CliContext } from "../context.ts";
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
} from "../flags.ts";
import { columns, timeColumn } from "../format.ts";
import { readPages } from "../pages.ts";
import type { RestClient } from "../rest-client.ts";
import { timeOf } from "../time.ts";

type Flags = TenantFlags & OutputFlags & { readonly server?: true };

export function declareKeys(command: Command, context: CliContext): void {
  command
    .addCommand(listCommand(context))
    .addCommand(createCommand(context))
    .addCommand(revokeCommand(context));
}

function addServerFlag(command: Command): Command {
  return command.option("--server", "keys of the server instead of a tenant's");
}

function clientOf(context: CliContext, flags: Flags): RestClient {
  return flags.server ? serverClient(context, flags) : tenantClient(context, flags);
}

function listCommand(context: CliContext): Command {
  const command = new Command("list").description("list keys; secrets are kept nowhere");
  addOutputFlag(addTenantFlags(addServerFlag(command)));
  return command.action(async (flags: Flags) => {
    const query = flags.server ? [] : [["tenant_id", requireTenant(flags.tenantId)] as const];
    const client = clientOf(context, flags);
    const { rows } = await readPages(client, "/v1/keys", query, "keys", Number.POSITIVE_INFINITY);
    await context.output.rows(flags.output, rows, KEY_COLUMNS);
  });
}

const KEY_COLUMNS = [
  ...columns("key_id", "actor", "may_act_as", "roles", "name"),
  timeColumn("expires_at"),
  timeColumn("revoked_at"),
];

function createCommand(context: CliContext): Command {
  const command = new Command("create")
    .description("make a key; its secret is shown this once")
    .requiredOption("--for <actor>", 'for whom it speaks ("user:importer")')
    .option("--role <names...>", "roles that it carries")
    .option("--may-act-as <actors...>", 'actors in whose name it may also act; "*" is every user')
    .option("--name <name>", "for people", "")
    .option("--expires <time>", "when it ends: a date, or Unix milliseconds", timeOf);
  addOutputFlag(addTenantFlags(addServerFlag(command)));
  type Create = Flags & {
    for: string;
    role?: string[];
    mayActAs?: string[];
    name: string;
    expires?: number;
  };
  return command.action(async (flags: Create) => {
    const made = await clientOf(context, flags).post("/v1/keys", {
      tenant_id: flags.server ? "" : requireTenant(flags.tenantId),
      actor: flags.for,
      roles: flags.role ?? [],
      may_act_as: flags.mayActAs ?? [],
      name: flags.name,
      expires_at: flags.expires ?? 0,
    });
    await context.output.record(flags.output, made);
    await context.output.note("Keep the secret now: it is not shown again.");
  });
}

function revokeCommand(context: CliContext): Command {
  const command = new Command("revoke")
    .description("revoke a key, at once and for good")
    .argument("<key-id>", "the key's id, as list shows it");
  addOutputFlag(addServerFlags(addConfirmFlags(command)));
  return command.action(async (id: string, flags: ServerFlags & OutputFlags & ConfirmFlags) => {
    const client = serverClient(context, flags);
    if (!(await confirmed(context, flags, `revoke key ${id}`))) return;
    const key = await client.post(`/v1/keys/${encodeURIComponent(id)}/revoke`, {});
    await context.output.record(flags.output, key);
  });
}
