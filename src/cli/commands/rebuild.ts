/**
 * `entdb rebuild`: sets a tenant's files aside and makes them again from the log. Through the
 * server that runs, while it serves the others; with `--data-dir` on the files of a stopped
 * one, under their lock.
 */
import type { Command } from "commander";
import type { JsonObject } from "../../base/json.ts";
import type { CliContext } from "../context.ts";
import { CommandFailure, EXIT } from "../failure.ts";
import {
  addConfirmFlags,
  addOutputFlag,
  addTenantFlags,
  type ConfirmFlags,
  confirmed,
  type OutputFlags,
  requireTenant,
  type TenantFlags,
  tenantClient,
} from "../flags.ts";

type RebuildFlags = TenantFlags &
  OutputFlags &
  ConfirmFlags & { readonly dataDir?: string; readonly config?: string };

export function declareRebuild(command: Command, context: CliContext): void {
  command
    .option("--data-dir <path>", "without a server: the data directory of a stopped one")
    .option("--config <file>", "configuration file of the stopped server");
  addOutputFlag(addConfirmFlags(addTenantFlags(command)));
  command.action((flags: RebuildFlags) => rebuild(context, flags));
}

async function rebuild(context: CliContext, flags: RebuildFlags): Promise<void> {
  const tenantId = requireTenant(flags.tenantId);
  if (!(await confirmed(context, flags, `rebuild the files of tenant ${tenantId} from the log`))) {
    return;
  }
  await context.output.progress(`rebuilding tenant ${tenantId}`);
  const report =
    flags.dataDir === undefined
      ? await rebuildOnline(context, flags, tenantId)
      : await rebuildOffline(context, flags, tenantId);
  await context.output.record(flags.output, report);
  const same =
    report["content_hash_before"] === report["content_hash_after"] &&
    report["outcome_digest_before"] === report["outcome_digest_after"];
  if (!same) {
    await context.output.note("The files were not what the log says; they are now.");
  }
}

async function rebuildOnline(
  context: CliContext,
  flags: RebuildFlags,
  tenantId: string,
): Promise<JsonObject> {
  try {
    return await tenantClient(context, flags).post(
      `/admin/tenants/${encodeURIComponent(tenantId)}/rebuild`,
      {},
    );
  } catch (error) {
    throw error instanceof CommandFailure && error.reason === "SERVER_UNREACHABLE"
      ? withoutServer(error)
      : error;
  }
}

/** The same failure, with the way that is left. */
function withoutServer(failure: CommandFailure): CommandFailure {
  const { code, reason, message } = failure;
  return new CommandFailure({
    code,
    reason,
    message,
    exitCode: EXIT.unavailable,
    hint: "Name a server with --url, or, when none runs, the data directory with --data-dir.",
    cause: failure,
  });
}

async function rebuildOffline(
  context: CliContext,
  flags: RebuildFlags,
  tenantId: string,
): Promise<JsonObject> {
  const { configForFiles } = await import("../data-directory.ts");
  const { rebuildStopped } = await import("../../server/offline.ts");
  const config = await configForFiles(context, flags);
  const report = await rebuildStopped(config, tenantId, context);
  return {
    records: report.records,
    content_hash_before: report.contentHashBefore,
    content_hash_after: report.contentHashAfter,
    outcome_digest_before: report.outcomeDigestBefore,
    outcome_digest_after: report.outcomeDigestAfter,
  };
}
