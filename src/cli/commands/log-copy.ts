/**
 * `entdb log copy`: moves a log to another backend. Offsets, log times and records stay as they
 * are, and so do positions that clients hold and outcomes that are remembered.
 */
import { resolve } from "node:path";
import { Command, InvalidArgumentError } from "commander";
import type { LogPlace } from "../../server/log-copy.ts";
import type { CliContext } from "../context.ts";
import { CommandFailure, EXIT, usageFailure } from "../failure.ts";
import { addOutputFlag, type OutputFlags } from "../flags.ts";

interface CopyFlags extends OutputFlags {
  readonly from: LogPlace;
  readonly to: LogPlace;
  readonly config?: string;
}

export function logCopyCommand(context: CliContext): Command {
  const command = new Command("copy")
    .description("copy a stopped server's log to another backend, offsets and all")
    .requiredOption(
      "--from <place>",
      "file:<data directory>, kafka:<topic> or kinesis:<stream>",
      placeOf,
    )
    .requiredOption("--to <place>", "the same; new, empty, or begun by an earlier copy", placeOf)
    .option("--config <file>", "configuration file: how Kafka and Kinesis are reached");
  return addOutputFlag(command).action((flags: CopyFlags) => copy(context, flags));
}

async function copy(context: CliContext, flags: CopyFlags): Promise<void> {
  const { copyLogBetween } = await import("../../server/log-copy.ts");
  const { loadConfig } = await import("../../config/load.ts");
  const { config } = loadConfig({ configPath: flags.config });
  const { from, to } = flags;
  if (isSame(from, to)) {
    throw usageFailure("Source and target are one place.", "Name a new place with --to.");
  }
  if ([from, to].some(({ kind }) => kind === "kafka") && config.kafkaBrokers.length === 0) {
    throw new CommandFailure({
      code: "INVALID_REQUEST",
      reason: "CONFIG_INVALID",
      message: "No Kafka brokers are named.",
      exitCode: EXIT.usage,
      hint: "Set ENTDB_KAFKA_BROKERS, or name a configuration file with --config.",
    });
  }
  const { clock, random, output } = context;
  const progress = (offset: number, end: number) => output.progress(`copied ${offset} of ${end}`);
  const report = await copyLogBetween({ from, to, config, clock, random, progress });
  await output.record(flags.output, {
    log_id: report.logId,
    from_offset: report.from,
    end_offset: report.end,
    records: report.end - report.from,
  });
}

function isSame(one: LogPlace, other: LogPlace): boolean {
  const nameOf = (place: LogPlace) =>
    place.kind === "file" ? resolve(place.dataDir) : place.topic;
  return one.kind === other.kind && nameOf(one) === nameOf(other);
}

/** "file:./data", "kafka:entdb-wal" or "kinesis:entdb-wal". */
function placeOf(text: string): LogPlace {
  const [, kind, name] = /^(file|kafka|kinesis):(.+)$/.exec(text) ?? [];
  if (kind === "file") return { kind, dataDir: name ?? "" };
  if (kind === "kafka" || kind === "kinesis") return { kind, topic: name ?? "" };
  throw new InvalidArgumentError("Write file:<data directory>, kafka:<topic> or kinesis:<stream>.");
}
