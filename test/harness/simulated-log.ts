/** The embedded log on a simulated disk, for tests that cut power, damage bytes and fail operations. */
import { type FileWal, openFileWal } from "../../src/wal/file-wal/file-wal.ts";
import type { FileWalOptions } from "../../src/wal/file-wal/file-wal-options.ts";
import { type LogRecord, RECORD_TYPE, type Wal } from "../../src/wal/wal.ts";
import { FakeClock } from "./fake-clock.ts";
import { SeededRandom } from "./seeded-random.ts";
import { SIMULATED_DIRECTORY, type SimulatedDisk } from "./simulated-disk.ts";

export interface SimulatedLogOptions extends Partial<Omit<FileWalOptions, "disk" | "directory">> {
  readonly seed?: number;
}

export const SMALL_SEGMENT_BYTES = 16 * 1024;

/** Opens, or makes, the log on the disk; small segments and a clock that stands still unless told otherwise. */
export function openSimulatedLog(
  disk: SimulatedDisk,
  options: SimulatedLogOptions = {},
): Promise<FileWal> {
  return openFileWal({
    topic: "entdb-wal",
    partition: 0,
    segmentBytes: SMALL_SEGMENT_BYTES,
    clock: new FakeClock(),
    random: new SeededRandom(options.seed ?? 1),
    ...options,
    directory: SIMULATED_DIRECTORY,
    disk,
  });
}

export function appendText(
  wal: Wal,
  content: string,
): Promise<{ offset: number; logTime: number }> {
  return wal.append(RECORD_TYPE.record, new TextEncoder().encode(content));
}

/** All records of a log, or of a walk over one. */
export async function recordsOf(
  log: Wal | AsyncIterable<readonly LogRecord[]>,
): Promise<LogRecord[]> {
  const all: LogRecord[] = [];
  for await (const records of "read" in log ? log.read(log.start) : log) all.push(...records);
  return all;
}

/** The bodies of all records, as text. Checks that offsets are dense. */
export async function textsOf(wal: Wal): Promise<string[]> {
  const records = await recordsOf(wal);
  for (const [i, { offset }] of records.entries()) {
    if (offset !== wal.start + i)
      throw new Error(`offset ${offset} where ${wal.start + i} should be`);
  }
  return records.map(({ body }) => new TextDecoder().decode(body));
}

/** The reason of the error that a promise rejects with; fails when it does not reject. */
export async function reasonOf(promise: Promise<unknown>): Promise<unknown> {
  const outcome = await promise.then(
    () => "resolved",
    (error: unknown) => error,
  );
  if (!(outcome instanceof Error)) throw new Error("it should have been refused");
  return "reason" in outcome ? outcome.reason : outcome;
}
