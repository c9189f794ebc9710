/**
 * `entdb restore`: data out of snapshots and archive. Works on files and buckets alone; a server
 * may run on the data directory that is restored from, but not on one that is restored into.
 */
import { Command } from "commander";
import type { CliContext } from "../context.ts";
import { usageFailure } from "../failure.ts";
import { addOutputFlag, type OutputFlags, requireTenant } from "../flags.ts";
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

export function restoreCommand(context: CliContext): Command {
  const command = new Command("restore")
    .description("restore data out of snapshots and archive")
    .option("--target-time <time>", "as it was then, or `latest`", targetTimeOf)
    .option("--output-dir <path>", "the data directory to make; must not exist, or be empty")
    .option("--tenant-id <id>", "this tenant only")
    .option("--dry-run", "do everything, and throw it away");
  addOutputFlag(addSourceFlags(command));
  return command
    .action((flags: TimeFlags) => restoreToTime(context, flags))
    .addCommand(listCommand(context));
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
  const { restoreReport } = await import("../restore-report.ts");
  const report = await withRestoreSources(context, flags, (sources, machine, signal) => {
    const request = {
      directory: outputDir,
      tenantId,
      targetTime: targetTime === "latest" ? undefined : targetTime,
      dryRun: flags.dryRun ?? false,
    };
    return restoreDirectory(request, sources, machine, signal);
  });
  await context.output.record(flags.output, restoreReport(report, outputDir));
  for (const deleted of report.deletedSince) {
    await context.output.note(
      `Tenant ${deleted} was deleted since; its archive and snapshots went with it.`,
    );
  }
  await context.output.note(
    flags.dryRun
      ? "Dry run: all of it can be restored. Nothing was kept."
      : `Restored. Start a server on it: entdb serve --data-dir ${outputDir}`,
  );
}

function listCommand(context: CliContext): Command {
  const command = new Command("list-snapshots")
    .description("list a tenant's whole snapshots, oldest first")
    .option("--tenant-id <id>", "the tenant; _system for the catalog");
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

function targetTimeOf(text: string): number | "latest" {
  return text === "latest" ? text : timeOf(text);
}
