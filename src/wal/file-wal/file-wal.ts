import type { CancelSignal } from "../../base/cancel-signal.ts";
import { limits } from "../../base/limits.ts";
import { recordTooLarge } from "../errors.ts";
import { Growth } from "../growth.ts";
import { LogClock } from "../log-clock.ts";
import { TailCache } from "../tail-cache.ts";
import type { Appended, ImportingWal, LogRecord, RecordType } from "../wal.ts";
import { ActiveSegment } from "./active-segment.ts";
import {
  type FileWalOptions,
  type FileWalSettings,
  fileWalSettings,
  SEGMENT_OVERHEAD_BYTES,
} from "./file-wal-options.ts";
import { type ReadableLog, readLog } from "./log-reader.ts";
import { LogTrimmer } from "./log-trimmer.ts";
import { LogWriter, type Told } from "./log-writer.ts";
import { type OpenedLog, openLog } from "./open-log.ts";

/**
 * Opens the log in `options.directory`, which exists, or makes a new one there. Throws
 * LOG_DAMAGED, FORMAT_TOO_NEW, LOG_UNAVAILABLE.
 */
export async function openFileWal(options: FileWalOptions): Promise<FileWal> {
  const settings = fileWalSettings(options);
  return new FileWal(await openLog(settings), settings);
}

/**
 * The embedded log: one partition in one directory of segment files. `append` resolves
 * after fdatasync; opening verifies every batch; a failed sync is never trusted again.
 * DESIGN.md beside `wal.ts` has the format and the reasons.
 */
export class FileWal implements ImportingWal {
  readonly logId: string;
  readonly topic: string;
  readonly partition: number;
  readonly #log: ReadableLog & { isClosed: boolean };
  readonly #time: LogClock;
  readonly #writer: LogWriter;
  readonly #maxBodyBytes: number;
  readonly #trimmer: LogTrimmer;
  #closing: Promise<void> | undefined;

  /** Use {@link openFileWal}. */
  constructor(opened: OpenedLog, settings: FileWalSettings) {
    const { identity, segments, supply, file, lastLogTime } = opened;
    this.logId = identity.logId;
    this.topic = settings.topic;
    this.partition = settings.partition;
    this.#maxBodyBytes = Math.min(
      limits.recordBytes,
      settings.segmentBytes - SEGMENT_OVERHEAD_BYTES,
    );
    this.#time = new LogClock(settings.clock, lastLogTime, settings.acceptClock);
    const tail = new TailCache();
    const growth = new Growth();
    this.#log = {
      ...{ disk: settings.disk, segments, tail, growth, isClosed: false },
      get start() {
        return segments.start;
      },
      get end() {
        return segments.last.end;
      },
    };
    const active = new ActiveSegment(identity, segments, supply, file, settings.random);
    const told: Told = {
      onDurable: (records) => {
        tail.push(records);
        growth.wakeFirst();
        settings.onCommit?.(records.length);
      },
      // The archive has time: nobody's answer waits for it.
      onAnswered: () => growth.wakeOthers(),
    };
    const { clock, awake } = settings;
    this.#writer = new LogWriter(active, segments, this.#time, clock, told, awake);
    this.#trimmer = new LogTrimmer(settings, identity, segments);
  }

  get end(): number {
    return this.#log.end;
  }

  get start(): number {
    return this.#log.start;
  }

  get lastLogTime(): number {
    return this.#time.last;
  }

  get unavailable(): Error | undefined {
    return this.#writer.unavailable;
  }

  append(type: RecordType, body: Uint8Array): Promise<Appended> {
    return this.#add(type, body, undefined);
  }

  import({ type, body, logTime }: LogRecord): Promise<Appended> {
    return this.#add(type, body, logTime);
  }

  #add(type: RecordType, body: Uint8Array, logTime: number | undefined): Promise<Appended> {
    if (body.length > this.#maxBodyBytes) {
      return Promise.reject(recordTooLarge(body.length, this.#maxBodyBytes));
    }
    return this.#writer.append(type, body, logTime);
  }

  follow(from: number, signal: CancelSignal): AsyncIterable<readonly LogRecord[]> {
    return readLog(this.#log, { from, until: undefined, signal });
  }

  read(from: number, signal?: CancelSignal): AsyncIterable<readonly LogRecord[]> {
    return readLog(this.#log, { from, until: this.end, signal });
  }

  trim(before: number): Promise<void> {
    return this.#closing === undefined ? this.#trimmer.trim(before) : Promise.resolve();
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await Promise.all([this.#writer.close(), this.#trimmer.settled()]);
    this.#log.isClosed = true;
    this.#log.growth.wakeAll();
  }
}
