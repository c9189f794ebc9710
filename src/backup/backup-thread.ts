/**
 * A thread for what of a backup takes long without waiting for anything: making and compressing
 * segments, inflating and reading them, reading and hashing files of any size. Whoever has it closes it.
 */
import type { CancelSignal } from "../base/cancel-signal.ts";
import type { Clock } from "../base/clock.ts";
import { Haste } from "../base/haste.ts";
import { JobThread } from "../base/job-thread.ts";
import type { BackupAnswer, BackupJob } from "./backup-job.ts";
import { type PackedSegment, packSegment, type RawSegment } from "./pack-segment.ts";
import { type StoredSegmentBytes, type UnpackedSegment, unpackSegment } from "./unpack-segment.ts";

// Put in by the build (scripts/compile.ts): where the thread's code lies inside the executable.
declare const ENTDB_BACKUP_WORKER: string | undefined;

const WORKER_PATH =
  typeof ENTDB_BACKUP_WORKER === "string" ? ENTDB_BACKUP_WORKER : "./backup-worker.ts";

/** A segment with less than this in its bodies, or stored in less, is packed or unpacked at once, in a fraction of a millisecond: a server where little is written has no need of the thread. */
const SMALL_BYTES = 8 * 1024;

export interface BackupThreadOptions {
  readonly clock: Pick<Clock, "timer">;
  /** How a thread is started. Defaults to one that runs `backup-worker.ts`; a test may do worse. */
  readonly start?: (() => Worker) | undefined;
}

export class BackupThread {
  readonly #thread: JobThread<BackupJob, BackupAnswer>;

  constructor({ clock, start = startBackupWorker }: BackupThreadOptions) {
    this.#thread = new JobThread({ clock, start });
  }

  /** Rejects when the thread died, or was closed; the segment's records are where they were. */
  async pack(segment: RawSegment): Promise<PackedSegment> {
    const bytes = segment.bodies.reduce((sum, { length }) => sum + length, 0);
    if (bytes < SMALL_BYTES && !this.#thread.isRunning) return packSegment(segment);
    return (await this.#thread.run({ kind: "pack", segment })) as PackedSegment;
  }

  /** Throws what is wrong with the segment. Where the thread dies or was closed it is done here. */
  async unpack(segment: StoredSegmentBytes): Promise<UnpackedSegment> {
    if (segment.bytes.length < SMALL_BYTES && !this.#thread.isRunning)
      return unpackSegment(segment);
    try {
      return (await this.#thread.run({ kind: "unpack", segment })) as UnpackedSegment;
    } catch {
      // Whether it was the segment or the thread shows by doing it again.
      return unpackSegment(segment);
    }
  }

  /**
   * Whether two files hold the same bytes, without disturbing others: their SHA-256 in hexadecimal, or
   * undefined. Rejects with what the system says of them, and as {@link pack}; soon when the signal aborts.
   */
  async compare(
    one: string,
    other: string,
    bytesPerSecond: number,
    signal: CancelSignal,
  ): Promise<string | undefined> {
    signal.throwIfAborted();
    const haste = new Haste();
    using _ending = haste.endsWith(signal);
    const work = { one, other, bytesPerSecond, haste: haste.memory };
    try {
      return (await this.#thread.run({ kind: "compare", ...work })) as string | undefined;
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    }
  }

  /** What is under way is rejected. */
  close(): void {
    this.#thread.close();
  }
}

function startBackupWorker(): Worker {
  return new Worker(new URL(WORKER_PATH, import.meta.url).href);
}
