/** `entdb node grants`, `grant`, `revoke` and `visibility`: who may use one node. */
import { Argument, Command } from "commander";
import { type JsonObject, objectsIn } from "../../base/json.ts";
import type { CliContext } from "../context.ts";
import {
  addKeyFlag,
  addOutputFlag,
  addTenantFlags,
  type OutputFlags,
  type TenantFlags,
  tenantClient,
} from "../flags.ts";
import type { Column } from "../format.ts";
import { executeOne, type WriteFlags } from "../one-operation.ts";
import { timeOf } from "../time.ts";

const ID = "the node's id (nd_…)";
const PRINCIPAL = "user:…, group:…, role:… or tenant:* for everybody of the tenant";
/** The server judges; these are for help and completion. */
const PERMISSIONS = ["read", "write", "delete", "admin"];

export function nodeAccessCommands(context: CliContext): Command[] {
  return [
    grantsCommand(context),
    grantCommand(context),
    revokeCommand(context),
    visibilityCommand(context),
  ];
}

function grantsCommand(context: CliContext): Command {
  const command = new Command("grants")
    .description("who may use a node, its owner first; needs the permission admin on it")
    .argument("<id>", ID);
  addOutputFlag(addTenantFlags(command));
  return command.action(async (id: string, flags: TenantFlags & OutputFlags) => {
    const path = `/v1/nodes/${encodeURIComponent(id)}/grants`;
    const answer = await tenantClient(context, flags).get(path);
    const grants = objectsIn(answer["grants"]);
    const owner: JsonObject = { principal: answer["owner_actor"] ?? "", permission: "owner" };
    await context.output.rows(flags.output, [owner, ...grants], COLUMNS);
  });
}

const COLUMNS: readonly Column[] = [
  { title: "principal", cell: (grant) => grant["principal"] },
  { title: "permission", cell: (grant) => grant["permission"] },
  { title: "expires", cell: (grant) => untilText(grant["expires_at"]) },
];

function untilText(expiresAt: unknown): string {
  return typeof expiresAt === "number" ? new Date(expiresAt).toISOString() : "never";
}

function grantCommand(context: CliContext): Command {
  const command = new Command("grant")
    .description("give somebody a permission on a node; each one implies those before it")
    .argument("<id>", ID)
    .argument("<principal>", PRINCIPAL)
    .addArgument(permissionArgument("<permission>"))
    .option("--expires <time>", "when it ends: a date, or Unix milliseconds", timeOf);
  addOutputFlag(addTenantFlags(addKeyFlag(command)));
  type Grant = WriteFlags & { readonly expires?: number };
  return command.action(async (id: string, principal: string, permission: string, flags: Grant) => {
    const expiry = flags.expires === undefined ? {} : { expires_at: flags.expires };
    await executeOne(context, flags, { op: "grant", id, principal, permission, ...expiry });
  });
}

function revokeCommand(context: CliContext): Command {
  const command = new Command("revoke")
    .description("take a permission on a node back, or all that somebody holds on it")
    .argument("<id>", ID)
    .argument("<principal>", PRINCIPAL)
    .addArgument(permissionArgument("[permission]"));
  addOutputFlag(addTenantFlags(addKeyFlag(command)));
  return command.action(
    async (id: string, principal: string, permission: string | undefined, flags: WriteFlags) => {
      const one = permission === undefined ? {} : { permission };
      await executeOne(context, flags, { op: "revoke", id, principal, ...one });
    },
  );
}

function visibilityCommand(context: CliContext): Command {
  const command = new Command("visibility")
    .description("let exactly these read a node, besides its owner and who holds more")
    .argument("<id>", ID)
    .argument("[principals...]", `${PRINCIPAL}; none: nobody`);
  addOutputFlag(addTenantFlags(addKeyFlag(command)));
  return command.action(async (id: string, principals: string[], flags: WriteFlags) => {
    await executeOne(context, flags, { op: "set_visibility", id, principals });
  });
}

function permissionArgument(name: string): Argument {
  return new Argument(name, "what is allowed").choices(PERMISSIONS);
}
