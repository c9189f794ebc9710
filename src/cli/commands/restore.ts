/**
 * `entdb restore`: data out of snapshots and archive. Works on files and buckets alone; a server
 * may run on the data directory that is restored from, but not on one that is restored into.
 */
import { Command } from "commander";
import type { CliContext } from "../context.ts";
import { usageFailure } from "../failure.ts";
import { addOutputFlag, type OutputFlags, requireTenant, tenantOption } from "../flags.ts";
import { offsetOf } from "../offset.ts";
import { SNAPSHOT_COLUMNS } from "../snapshot-columns.ts";
import { timeOf } from "../time.ts";

interface SourceFlags extends OutputFlags {
  readonly dataDir?: string;
  readonly config?: string;
  readonly tenantId?: string;
}

interface TimeFlags extends SourceFlags {
  readonly targetTime?: number | "latest";
  readonly outputDir?: string;
  readonly dryRun?: true;
}

export function declareRestore(command: Command, context: CliContext): void {
  command
    .option(
      "--target-time <time>",
      "as it was then (2026-01-31T12:00:00Z), or `latest`",
      targetTimeOf,
    )
    .option("--output-dir <path>", "the data directory to make; must not exist, or be empty")
    .option("--tenant-id <id>", "this tenant only")
    .option("--dry-run", "do everything, and throw it away");
  addOutputFlag(addSourceFlags(command));
  command
    .action((flags: TimeFlags) => restoreToTime(context, flags))
    .addCommand(listCommand(context))
    .addCommand(fromSnapshotCommand(context))
    .addCommand(replayCommand(context))
    .addCommand(verifyCommand(context));
}

/** Where snapshots and archive are: as a server that is started here would find them. */
function addSourceFlags(command: Command): Command {
  return command
    .option("--data-dir <path>", "the data directory to restore from (env ENTDB_DATA_DIR)")
    .option("--config <file>", "configuration file, which may name buckets");
}

async function restoreToTime(context: CliContext, flags: TimeFlags): Promise<void> {
  const { targetTime, outputDir, tenantId } = flags;
  if (targetTime === undefined || outputDir === undefined) {
    throw usageFailure(
      "A restore needs --target-time and --output-dir.",
      "For instance: entdb restore --target-time 2026-01-31T12:00:00Z --output-dir ./restored",
    );
  }
  const { withRestoreSources } = await import("../restore-sources.ts");
  const { restoreDirectory } = await import("../../backup/restorer.ts");
  const { showRestored } = await import("../restore-report.ts");
  const report = await withRestoreSources(context, flags, (sources, machine, signal) => {
    const request = {
      directory: outputDir,
      tenantId,
      targetTime: targetTime === "latest" ? undefined : targetTime,
      dryRun: flags.dryRun ?? false,
    };
    return restoreDirectory(request, sources, machine, signal);
  });
  await showRestored(context.output, flags.output, report, outputDir);
  await tellDryRun(context, flags);
}

async function tellDryRun(context: CliContext, { dryRun }: TimeFlags): Promise<void> {
  if (!dryRun) return;
  await context.output.note("Dry run: all of it can be restored. Nothing was kept.");
}

function listCommand(context: CliContext): Command {
  const command = new Command("list-snapshots")
    .description("list a tenant's whole snapshots, oldest first")
    .addOption(tenantOption("the tenant; _system for the catalog"));
  addOutputFlag(addSourceFlags(command));
  return command.action(async (_own: SourceFlags, parsed: Command) => {
    // What the command above declares too is parsed there.
    const flags = parsed.optsWithGlobals<SourceFlags>();
    const tenantId = requireTenant(flags.tenantId);
    const { withRestoreSources } = await import("../restore-sources.ts");
    const { snapshotRow } = await import("../restore-report.ts");
    const manifests = await withRestoreSources(context, flags, ({ shelf }, _machine, signal) =>
      shelf.list(tenantId, signal),
    );
    await context.output.rows(flags.output, manifests.map(snapshotRow), SNAPSHOT_COLUMNS);
  });
}

function fromSnapshotCommand(context: CliContext): Command {
  const command = new Command("from-snapshot")
    .description("bring a tenant back from a snapshot: into its stopped server, or a new directory")
    .addOption(tenantOption("the tenant"))
    .requiredOption("--snapshot-id <id>", "the snapshot")
    .option("--output-dir <path>", "a stopped server's data directory, or an empty one")
    .option("--dry-run", "do everything, and throw it away");
  addOutputFlag(addSourceFlags(command));
  type Flags = TimeFlags & { readonly snapshotId: string };
  return command.action(async (_own: Flags, parsed: Command) => {
    const flags = parsed.optsWithGlobals<Flags>();
    const tenantId = requireTenant(flags.tenantId);
    const { outputDir, snapshotId, dryRun = false } = flags;
    if (outputDir === undefined) {
      throw usageFailure("Name the directory to restore into.", "Give --output-dir <path>.");
    }
    const { withRestoreSources } = await import("../restore-sources.ts");
    const { restoreFromSnapshot } = await import("../restore-snapshot.ts");
    const show = await withRestoreSources(context, flags, (sources, machine, signal) => {
      const request = { directory: outputDir, tenantId, snapshotId, dryRun };
      return restoreFromSnapshot(request, sources, machine, signal);
    });
    await show(context.output, flags.output);
    await tellDryRun(context, flags);
  });
}

function replayCommand(context: CliContext): Command {
  const command = new Command("replay-archive")
    .description("apply archived records to a tenant of a stopped server")
    .addOption(tenantOption("the tenant"))
    .requiredOption("--from-position <position>", "the first record, as 123 or 0:123", offsetOf)
    .option("--dry-run", "do everything, and throw it away");
  addOutputFlag(addSourceFlags(command));
  type Flags = TimeFlags & { readonly fromPosition: number };
  return command.action(async (_own: Flags, parsed: Command) => {
    const flags = parsed.optsWithGlobals<Flags>();
    const tenantId = requireTenant(flags.tenantId);
    const { withRestoreSources } = await import("../restore-sources.ts");
    const { restoreTenant } = await import("../../backup/restore-tenant.ts");
    const { viewRow } = await import("../restore-report.ts");
    const { configForFiles } = await import("../data-directory.ts");
    const { dataDir: directory } = await configForFiles(context, flags);
    const base = { from: "position", offset: flags.fromPosition } as const;
    const request = { directory, tenantId, base, dryRun: flags.dryRun ?? false };
    const view = await withRestoreSources(context, flags, (sources, machine, signal) =>
      restoreTenant(request, sources, machine, signal),
    );
    await context.output.record(flags.output, viewRow(view));
    await tellDryRun(context, flags);
  });
}

function verifyCommand(context: CliContext): Command {
  const command = new Command("verify").description(
    "look through a stopped server's data directory: log, files, and that replaying comes to the same",
  );
  addOutputFlag(addSourceFlags(command));
  return command.action(async (_own: SourceFlags, parsed: Command) => {
    const flags = parsed.optsWithGlobals<SourceFlags>();
    const { withVerification } = await import("../restore-sources.ts");
    const { verifyDirectory } = await import("../../backup/verify.ts");
    const { verifiedRow, VERIFIED_COLUMNS } = await import("../restore-report.ts");
    const { tenants } = await withVerification(context, flags, verifyDirectory);
    await context.output.rows(flags.output, tenants.map(verifiedRow), VERIFIED_COLUMNS);
    if (tenants.length === 0) {
      await context.output.note("The log is sound; no server has made views of it yet.");
    }
  });
}

function targetTimeOf(text: string): number | "latest" {
  return text === "latest" ? text : timeOf(text);
}
