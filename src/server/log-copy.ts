import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "../base/clock.ts";
import { EntError } from "../base/errors.ts";
import type { Random } from "../base/random.ts";
import { openDataDirectory } from "../store/data-dir.ts";
import { type CopyReport, type CopySource, copyLog, requireCopyOf } from "../wal/copy-log.ts";
import { openWal } from "../wal/open-wal.ts";
import type { ImportingWal } from "../wal/wal.ts";
import { type DistantLog, distantBackend, type ViewOptions, viewLog } from "./view-log.ts";

/** Where a log is, or is to be. */
export type LogPlace = { readonly kind: "file"; readonly dataDir: string } | DistantLog;

export interface LogCopyOptions extends ViewOptions {
  readonly from: LogPlace;
  readonly to: LogPlace;
  readonly progress: (offset: number, end: number) => Promise<void>;
}

/**
 * Copies a log from one backend to another; no server may run on a data directory that takes
 * part (DATA_DIR_LOCKED), and none should write to a topic that is copied. Throws CONFIG_INVALID
 * when there is nothing to copy, or the target holds something else, and what opening logs
 * throws.
 */
export async function copyLogBetween(options: LogCopyOptions): Promise<CopyReport> {
  await using parts = new AsyncDisposableStack();
  const source = await openSource(options, parts);
  const target = await openTarget(options, source, parts);
  return await copyLog(source, target, (offset) => options.progress(offset, source.end));
}

async function openSource(
  { from, ...options }: LogCopyOptions,
  parts: AsyncDisposableStack,
): Promise<CopySource> {
  if (from.kind === "file") {
    if (!existsSync(join(from.dataDir, "format.json"))) {
      throw nothingThere(`${from.dataDir} is no data directory of EntDB`);
    }
    const { clock, random } = options;
    return await openFiles(from.dataDir, { clock, random }, parts);
  }
  const view = await viewLog(from, options);
  if (view === undefined) throw nothingThere(`${from.kind}:${from.topic} holds no log`);
  parts.defer(() => view.close());
  return view;
}

async function openTarget(
  { to, ...options }: LogCopyOptions,
  source: CopySource,
  parts: AsyncDisposableStack,
): Promise<ImportingWal> {
  const { logId, start: firstOffset } = source;
  const { config, clock, random } = options;
  const born = { logId, firstOffset, clock, random };
  if (to.kind === "file") return await openFiles(to.dataDir, born, parts);
  // Opening claims the log, which would stop a server that writes it: it is looked at first.
  const view = await viewLog(to, options);
  await view?.close();
  if (view !== undefined) requireCopyOf(source, view);
  const common = { ...born, partition: PARTITION, acceptClock: true };
  const target = await openWal({ ...distantBackend(config, to), ...common });
  parts.defer(() => target.close());
  return target;
}

async function openFiles(
  dataDir: string,
  options: {
    readonly clock: Clock;
    readonly random: Random;
    readonly logId?: string;
    readonly firstOffset?: number;
  },
  parts: AsyncDisposableStack,
): Promise<ImportingWal> {
  const place = await openDataDirectory(dataDir);
  parts.defer(() => place.close());
  const directory = await place.makeLogDirectory(PARTITION);
  const common = { topic: "", partition: PARTITION, acceptClock: true };
  const wal = await openWal({ ...options, ...common, kind: "file", directory });
  parts.defer(() => wal.close());
  return wal;
}

function nothingThere(message: string): EntError {
  return new EntError({
    code: "failed_precondition",
    reason: "CONFIG_INVALID",
    message: `There is nothing to copy: ${message}.`,
    hint: "Name the source as file:<data directory>, kafka:<topic> or kinesis:<stream>.",
  });
}

const PARTITION = 0;
