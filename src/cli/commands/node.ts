import { Command } from "commander";
import type { JsonObject } from "../../base/json.ts";
import type { CliContext } from "../context.ts";
import {
  addConfirmFlags,
  addKeyFlag,
  addOutputFlag,
  addTenantFlags,
  type ConfirmFlags,
  confirmed,
  type OutputFlags,
  type TenantFlags,
  tenantClient,
  typeMember,
  wholeNumber,
} from "../flags.ts";
import { executeOne, type WriteFlags } from "../one-operation.ts";
import { readPayload } from "../payload.ts";
import { nodeAccessCommands } from "./node-access.ts";

/** `entdb node`: one node at a time, each write a transaction of one operation. */
export function declareNode(command: Command, context: CliContext): void {
  command
    .addCommand(getCommand(context))
    .addCommand(createCommand(context))
    .addCommand(updateCommand(context))
    .addCommand(deleteCommand(context))
    .addCommand(restoreCommand(context));
  for (const access of nodeAccessCommands(context)) command.addCommand(access);
}

type Flags = TenantFlags & OutputFlags;

function getCommand(context: CliContext): Command {
  const command = new Command("get")
    .description("show a node")
    .argument("<id>", "the node's id (nd_…)")
    .option("--include-deleted", "also when it is deleted");
  addOutputFlag(addTenantFlags(command));
  return command.action(async (id: string, flags: Flags & { includeDeleted?: true }) => {
    const node = await tenantClient(context, flags).get(
      nodePath(id),
      flags.includeDeleted ? [["include_deleted", "true"]] : [],
    );
    await context.output.record(flags.output, node);
  });
}

function createCommand(context: CliContext): Command {
  const command = new Command("create")
    .description("create a node")
    .argument("[fields...]", "name=text or name:=JSON")
    .requiredOption("--type <type>", "number or name of the node's type")
    .option("--id <id>", "the node's id; the server makes one otherwise")
    .option("--visible-to <principals>", "who may read it, separated by commas", listOf)
    .option("--recipients <actors>", "who gets it into the mailbox, separated by commas", listOf);
  addOutputFlag(addTenantFlags(addWriteFlags(command)));
  type Create = WriteFlags & {
    type: string;
    id?: string;
    payload?: string;
    visibleTo?: string[];
    recipients?: string[];
  };
  return command.action(async (fields: string[], flags: Create) => {
    const payload = await readPayload(context, fields, flags.payload);
    const id = flags.id === undefined ? {} : { id: flags.id };
    const type = Object.fromEntries(typeMember(flags.type));
    const principals = flags.visibleTo === undefined ? {} : { principals: flags.visibleTo };
    const recipients = flags.recipients === undefined ? {} : { recipients: flags.recipients };
    const sharing = { ...principals, ...recipients };
    await executeOne(context, flags, { op: "create_node", ...type, payload, ...id, ...sharing });
  });
}

function listOf(text: string): string[] {
  return text.split(",").map((part) => part.trim());
}

function updateCommand(context: CliContext): Command {
  const command = new Command("update")
    .description("change fields of a node; what is not named stays, name:=null clears")
    .argument("<id>", "the node's id")
    .argument("[fields...]", "name=text or name:=JSON");
  addOutputFlag(addTenantFlags(addVersionFlag(addWriteFlags(command))));
  type Update = WriteFlags & { payload?: string; expectedVersion?: number };
  return command.action(async (id: string, fields: string[], flags: Update) => {
    const payload = await readPayload(context, fields, flags.payload);
    await executeOne(context, flags, { op: "update_node", id, payload, ...expectation(flags) });
  });
}

function deleteCommand(context: CliContext): Command {
  const command = new Command("delete")
    .description("delete a node; it can be restored unless it is purged")
    .argument("<id>", "the node's id")
    .option("--purge", "remove it and its edges for good");
  addOutputFlag(addTenantFlags(addConfirmFlags(addVersionFlag(addKeyFlag(command)))));
  type Delete = WriteFlags & ConfirmFlags & { purge?: true; expectedVersion?: number };
  return command.action(async (id: string, flags: Delete) => {
    const op = flags.purge ? "purge_node" : "delete_node";
    // Says NODE_NOT_FOUND before anybody is asked, and lets a dry run tell the truth.
    await tenantClient(context, flags).get(
      nodePath(id),
      flags.purge ? [["include_deleted", "true"]] : [],
    );
    const action = `${flags.purge ? "purge" : "delete"} node ${id} of tenant ${flags.tenantId}`;
    if (!(await confirmed(context, flags, action))) return;
    await executeOne(context, flags, { op, id, ...expectation(flags) });
  });
}

function restoreCommand(context: CliContext): Command {
  const command = new Command("restore")
    .description("bring a deleted node back, with its edges")
    .argument("<id>", "the node's id");
  addOutputFlag(addTenantFlags(addVersionFlag(addKeyFlag(command))));
  type Restore = WriteFlags & { expectedVersion?: number };
  return command.action(async (id: string, flags: Restore) => {
    await executeOne(context, flags, { op: "restore_node", id, ...expectation(flags) });
  });
}

function addWriteFlags(command: Command): Command {
  const payload = "fields as a JSON object; @file reads a file, - reads stdin";
  return addKeyFlag(command.option("--payload <json>", payload));
}

function addVersionFlag(command: Command): Command {
  return command.option(
    "--expected-version <version>",
    "refuse when the node has another version",
    wholeNumber(1),
  );
}

function expectation(flags: { readonly expectedVersion?: number }): JsonObject {
  return flags.expectedVersion === undefined ? {} : { expected_version: flags.expectedVersion };
}

function nodePath(id: string): string {
  return `/v1/nodes/${encodeURIComponent(id)}`;
}
