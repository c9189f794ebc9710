/**
 * `entdb log`: the records of a log, in a data directory, in Kafka or Kinesis, with or without a
 * server on it, or of its archive. Reads only, takes no lock, claims nothing, and writes records
 * as they come.
 */
import { existsSync } from "node:fs";
import type { Command } from "commander";
import type { Config } from "../../config/options.ts";
import type { DistantLog } from "../../server/view-log.ts";
import type { ObservedEnd } from "../../wal/file-wal/observe-log.ts";
import type { LogRecord } from "../../wal/wal.ts";
import type { CliContext } from "../context.ts";
import { CommandFailure, EXIT } from "../failure.ts";
import { addOutputFlag, type OutputFlags } from "../flags.ts";
import type { LogRows } from "../log-rows.ts";
import { offsetOf } from "../offset.ts";
import { logCopyCommand } from "./log-copy.ts";

interface LogFlags extends OutputFlags {
  readonly dataDir?: string;
  readonly config?: string;
  readonly from?: number;
  readonly to?: number;
  readonly tenantId?: string;
  readonly follow?: true;
  readonly fromArchive?: true;
}

export function declareLog(command: Command, context: CliContext): void {
  command
    .option("--data-dir <path>", "the data directory (env ENTDB_DATA_DIR)")
    .option("--config <file>", "configuration file")
    .option("--from <offset>", "the first record, as 123 or 0:123", offsetOf)
    .option("--to <offset>", "the last record", offsetOf)
    .option("--tenant-id <id>", "records of this tenant only")
    .option("--from-archive", "what was archived instead, of one tenant or of all, one by one")
    .option("--follow", "go on as the log grows, until interrupted");
  addOutputFlag(command, "jsonl").action((flags: LogFlags) => showLog(context, flags));
  command.enablePositionalOptions().addCommand(logCopyCommand(context));
}

async function showLog(context: CliContext, flags: LogFlags): Promise<void> {
  requireRange(flags);
  const { logDirectory } = await import("../../store/data-dir.ts");
  const { configForFiles } = await import("../data-directory.ts");
  const { distantLogOf } = await import("../distant-log.ts");
  const config = await configForFiles(context, flags);
  if (flags.fromArchive) return await showArchive(context, flags, config);
  const directory = logDirectory(config.dataDir, PARTITION);
  const distant = distantLogOf(config);
  // A directory that was named on purpose, and has a log of its own, is meant.
  const isFiles = distant === undefined || (flags.dataDir !== undefined && existsSync(directory));
  if (isFiles) await showFiles(context, flags, directory);
  else await showDistant(context, flags, config, distant);
}

async function showFiles(context: CliContext, flags: LogFlags, directory: string): Promise<void> {
  const { observeLog } = await import("../../wal/file-wal/observe-log.ts");
  const { logRows } = await import("../log-rows.ts");
  const stop = new AbortController();
  const forget = context.onStopSignal(() => stop.abort());
  const { from, follow } = flags;
  const steps = observeLog({ directory, from, follow, signal: stop.signal, clock: context.clock });
  const rows = logRows(flags.output);
  try {
    let step = await steps.next();
    while (!step.done && (await show(context, flags, rows, step.value)) === "more") {
      step = await steps.next();
    }
    await context.output.text(rows.tail());
    if (step.done) await tellEnd(context, flags, directory, step.value);
  } finally {
    forget();
    await steps.return(undefined);
  }
}

async function showDistant(
  context: CliContext,
  flags: LogFlags,
  config: Config,
  log: DistantLog,
): Promise<void> {
  const { viewLog } = await import("../../server/view-log.ts");
  const { nameOf } = await import("../distant-log.ts");
  refuseFollow(flags, `The ${nameOf(log)} is read as it is now.`);
  const view = await viewLog(log, { config, ...context });
  if (view === undefined) {
    throw new CommandFailure({
      code: "NOT_FOUND",
      reason: "CONFIG_INVALID",
      message: `The ${nameOf(log)} holds no log.`,
      exitCode: EXIT.notFound,
      hint: "A server makes it at its first start; see that the settings are that server's.",
    });
  }
  try {
    const { start, end } = view;
    const { from = start } = flags;
    if (from > end) return await tellEnd(context, flags, "", { endOffset: end, tornTail: false });
    await showRecords(context, flags, true, (signal) => view.read(from, signal));
  } finally {
    await view.close();
  }
}

async function showArchive(context: CliContext, flags: LogFlags, config: Config): Promise<void> {
  const { archivedLog } = await import("../archived-log.ts");
  refuseFollow(flags, "The archive comes in segments.");
  const { tenantId, from = 0 } = flags;
  await showRecords(context, flags, tenantId !== undefined, (signal) =>
    archivedLog({ config, ...context, tenantId, from, signal }),
  );
}

/** Shows what is read, until a stop signal; where it comes in the order of the log, until the last record that was asked for. */
async function showRecords(
  context: CliContext,
  flags: LogFlags,
  isOrdered: boolean,
  read: (signal: AbortSignal) => AsyncIterable<readonly LogRecord[]>,
): Promise<void> {
  const { logRows } = await import("../log-rows.ts");
  const stop = new AbortController();
  const forget = context.onStopSignal(() => stop.abort());
  const rows = logRows(flags.output);
  try {
    for await (const records of read(stop.signal)) {
      const shown = await show(context, flags, rows, records);
      const isLast = shown === "enough" && isOrdered;
      if (isLast || context.output.closed || stop.signal.aborted) break;
    }
    await context.output.text(rows.tail());
  } catch (error) {
    if (!stop.signal.aborted) throw error;
  } finally {
    forget();
  }
}

function requireRange({ from = 0, to = Number.MAX_SAFE_INTEGER }: LogFlags): void {
  if (from <= to) return;
  throw new CommandFailure({
    code: "INVALID_REQUEST",
    reason: "INVALID_REQUEST",
    message: `--from ${from} is behind --to ${to}: there is no record in between.`,
    exitCode: EXIT.usage,
    hint: "Name the first record with --from and the last with --to.",
  });
}

function refuseFollow({ follow }: LogFlags, why: string): void {
  if (!follow) return;
  throw new CommandFailure({
    code: "INVALID_REQUEST",
    reason: "INVALID_REQUEST",
    message: `--follow is for a log in files. ${why}`,
    exitCode: EXIT.usage,
    hint: "Leave out --follow.",
  });
}

async function show(
  context: CliContext,
  flags: LogFlags,
  rows: LogRows,
  records: readonly LogRecord[],
): Promise<"enough" | "more"> {
  const to = flags.to ?? Number.MAX_SAFE_INTEGER;
  const { text, undecodable } = rows.add(
    records.filter((record) => record.offset <= to),
    flags.tenantId,
  );
  if (undecodable > 0) context.conclude(EXIT.failure);
  await context.output.text(text);
  const last = records.at(-1)?.offset ?? 0;
  return last >= to || context.output.closed ? "enough" : "more";
}

async function tellEnd(
  context: CliContext,
  flags: LogFlags,
  directory: string,
  end: Pick<ObservedEnd, "endOffset" | "tornTail"> | undefined,
): Promise<void> {
  if (end === undefined) {
    throw new CommandFailure({
      code: "NOT_FOUND",
      reason: "DATA_DIR_INVALID",
      message: `${directory} holds no log.`,
      exitCode: EXIT.notFound,
      hint: "Name the server's data directory with --data-dir or ENTDB_DATA_DIR.",
    });
  }
  if (flags.from !== undefined && flags.from > end.endOffset) {
    await context.output.note(`The log ends before offset ${end.endOffset}.`);
  }
  if (end.tornTail) {
    await context.output.note(
      `Behind offset ${end.endOffset - 1} stands a torn batch, or one that is being written.`,
    );
  }
}

/** An embedded log has one. */
const PARTITION = 0;
