/** Of `entdb events`: where consumers stand, and who may read and append. */
import { Command } from "commander";
import type { JsonObject } from "../../base/json.ts";
import type { CliContext } from "../context.ts";
import { usageFailure } from "../failure.ts";
import {
  addOutputFlag,
  addTenantFlags,
  type OutputFlags,
  type TenantFlags,
  tenantClient,
} from "../flags.ts";
import { nonce } from "../nonce.ts";

type Flags = TenantFlags & OutputFlags;

export function consumerCommands(context: CliContext): Command[] {
  return [
    checkpointCommand(context),
    setCheckpointCommand(context),
    grantsCommand(context),
    setGrantsCommand(context),
  ];
}

function checkpointCommand(context: CliContext): Command {
  const command = new Command("checkpoint")
    .description("show where a consumer stands")
    .argument("<consumer>", "the consumer's name");
  addOutputFlag(addTenantFlags(command));
  return command.action(async (consumer: string, flags: Flags) => {
    const query = [["consumer", consumer]] as const;
    const found = await tenantClient(context, flags).get("/v1/events/checkpoint", query);
    await context.output.record(flags.output, found, ["updated_at"]);
  });
}

function setCheckpointCommand(context: CliContext): Command {
  const command = new Command("set-checkpoint")
    .description("say up to where a consumer is done")
    .argument("<consumer>", "the consumer's name")
    .argument("<nonce>", "global nonce of the last event that it is done with", nonce)
    .option("--expected <nonce>", "refuse when it stands elsewhere; 0: when there is one", nonce);
  addOutputFlag(addTenantFlags(command));
  type Set = Flags & { readonly expected?: string };
  return command.action(async (consumer: string, globalNonce: string, flags: Set) => {
    const { expected } = flags;
    const body = {
      consumer,
      global_nonce: globalNonce,
      ...(expected === undefined ? {} : { expected_global_nonce: expected }),
    };
    const stored = await tenantClient(context, flags).post("/v1/events/checkpoint", body);
    await context.output.record(flags.output, stored);
  });
}

function grantsCommand(context: CliContext): Command {
  const command = new Command("grants")
    .description("list who may read and append to aggregates of a type")
    .argument("<aggregate-type>", "the type of the aggregates");
  addOutputFlag(addTenantFlags(command));
  return command.action(async (type: string, flags: Flags) => {
    const query = [["aggregate_type", type]] as const;
    const found = await tenantClient(context, flags).get("/v1/aggregates/grants", query);
    await context.output.record(flags.output, found);
  });
}

function setGrantsCommand(context: CliContext): Command {
  const command = new Command("set-grants")
    .description("replace who may read and append to aggregates of a type")
    .argument("<aggregate-type>", "the type of the aggregates")
    .argument("[grants...]", "read=user:bob, write=role:teller, admin=group:ops; none: nobody")
    .option("--reset", "back to the default, which lets everybody of the tenant read and append");
  addOutputFlag(addTenantFlags(command));
  type Set = Flags & { readonly reset?: true };
  return command.action(async (type: string, grants: string[], flags: Set) => {
    const body = {
      aggregate_type: type,
      grants: grants.map(grantOf),
      ...(flags.reset && { reset: true }),
    };
    const stored = await tenantClient(context, flags).post("/v1/aggregates/grants", body);
    await context.output.record(flags.output, stored);
  });
}

function grantOf(text: string): JsonObject {
  const at = text.indexOf("=");
  if (at > 0) return { permission: text.slice(0, at), principal: text.slice(at + 1) };
  throw usageFailure(`"${text}" is no grant.`, "Write it as write=role:teller.");
}
