/**
 * A log with epochs in a backend that keeps messages, put together: opening finds where the log
 * stands and claims it; the parts then share one {@link Tail}, which alone says what is in the
 * log.
 */
import type { CancelSignal } from "../../base/cancel-signal.ts";
import { type Clock, systemClock } from "../../base/clock.ts";
import { EntError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { logClosed, recordTooLarge } from "../errors.ts";
import { LogClock } from "../log-clock.ts";
import { newLogId } from "../log-id.ts";
import type { WalOptions } from "../options.ts";
import type { Appended, ImportingWal, LogRecord, RecordType, Wal } from "../wal.ts";
import type { Walk } from "../walk.ts";
import { EpochWriter } from "./epoch-writer.ts";
import { type FoundLog, findLog } from "./find-log.ts";
import { readLog } from "./log-reader.ts";
import type { MessageLog, MessageReader } from "./message-log.ts";
import { newClaimId, Owner } from "./owner.ts";
import { Tail } from "./tail.ts";

export interface EpochWalOptions extends WalOptions {
  /** Times the waits for the backend, which are real also where a test owns log time. Defaults to the system's. */
  readonly waits?: Clock | undefined;
}

/**
 * Opens the log in a partition, or makes a new one there, and claims it: whoever wrote it before
 * stops. Reads go on, and appends are LOG_UNAVAILABLE, while the claim cannot be made. The
 * partition is closed with the log, or when this fails. Throws LOG_UNAVAILABLE, LOG_DAMAGED,
 * LOG_TRIMMED.
 */
export async function openEpochWal(
  options: EpochWalOptions,
  partition: MessageLog,
): Promise<EpochWal> {
  const { reader, sender, name, batchBytes } = partition;
  const { clock, acceptClock = false, random, onCommit, waits = systemClock } = options;
  try {
    const found = await patiently(waits, partition, async (signal) => {
      return (await findLog(reader, signal)) ?? (await makeLog(options, partition, signal));
    });
    const time = new LogClock(clock, found.ledger.place.lastLogTime, acceptClock);
    const tail = new Tail(found, reader, time);
    const owner = new Owner(sender, tail, random);
    const writer = new EpochWriter(owner, tail, time, { name, waits, batchBytes, onCommit });
    await writer.begin();
    return new EpochWal(options, { tail, partition, writer, time });
  } catch (error) {
    await Promise.all([sender.close(), reader.close()]);
    throw error;
  }
}

/** A log as somebody sees it who does not claim it: whoever writes it goes on. */
export interface EpochLogView
  extends Pick<Wal, "logId" | "partition" | "start" | "end" | "read" | "close"> {}

/**
 * Looks at the log in a partition as it is now. Undefined when nothing was ever written to it;
 * then, and when this fails, the partition is closed. Throws LOG_UNAVAILABLE, LOG_DAMAGED,
 * LOG_TRIMMED.
 */
export async function viewEpochLog(
  { clock, partition: number, waits = systemClock }: EpochWalOptions,
  partition: MessageLog,
): Promise<EpochLogView | undefined> {
  const { reader, sender } = partition;
  const closeAll = async () => {
    await Promise.all([sender.close(), reader.close()]);
  };
  try {
    const found = await patiently(waits, partition, (signal) => findLog(reader, signal));
    if (found === undefined) {
      await closeAll();
      return undefined;
    }
    const tail = new Tail(found, reader, new LogClock(clock, 0, true));
    const { start, end } = tail;
    return {
      ...{ logId: tail.place.logId, partition: number, start, end },
      read: (from, signal) => readLog(tail, reader, { from, until: end, signal }),
      close: async () => {
        tail.close();
        await closeAll();
      },
    };
  } catch (error) {
    await closeAll();
    throw error;
  }
}

/** Does something for as long as an opening waits for a backend. */
async function patiently<T>(
  clock: Clock,
  { unreachable, patienceMs }: MessageLog,
  work: (signal: CancelSignal) => Promise<T>,
): Promise<T> {
  const patience = new AbortController();
  const cancel = clock.timer(patienceMs, () => patience.abort());
  try {
    return await work(patience.signal);
  } catch (error) {
    throw error instanceof EntError ? error : unreachable(error);
  } finally {
    cancel();
  }
}

interface Parts {
  readonly tail: Tail;
  readonly partition: {
    readonly reader: MessageReader;
    readonly sender: { close(): Promise<void> };
  };
  readonly writer: EpochWriter;
  readonly time: LogClock;
}

/** The log in one partition of a backend. DESIGN.md beside `wal.ts` has the rules and the reasons. */
export class EpochWal implements ImportingWal {
  readonly logId: string;
  readonly topic: string;
  readonly partition: number;
  readonly #parts: Parts;
  #closing: Promise<void> | undefined;

  /** Use {@link openEpochWal}. */
  constructor({ topic, partition }: WalOptions, parts: Parts) {
    this.logId = parts.tail.place.logId;
    this.topic = topic;
    this.partition = partition;
    this.#parts = parts;
  }

  get end(): number {
    return this.#parts.tail.end;
  }

  get start(): number {
    return this.#parts.tail.start;
  }

  get lastLogTime(): number {
    return this.#parts.time.last;
  }

  get unavailable(): Error | undefined {
    return this.#parts.writer.unavailable;
  }

  append(type: RecordType, body: Uint8Array): Promise<Appended> {
    if (this.#closing !== undefined) return Promise.reject(logClosed());
    if (body.length > limits.recordBytes) return Promise.reject(recordTooLarge(body.length));
    return this.#parts.writer.append(type, body);
  }

  import({ type, body, logTime }: LogRecord): Promise<Appended> {
    return this.#parts.writer.append(type, body, logTime);
  }

  follow(from: number, signal: CancelSignal): AsyncIterable<readonly LogRecord[]> {
    return this.#read({ from, until: undefined, signal });
  }

  read(from: number, signal?: CancelSignal): AsyncIterable<readonly LogRecord[]> {
    return this.#read({ from, until: this.end, signal });
  }

  /** How long records stay is the backend's affair: its retention. */
  trim(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  #read(walk: Walk): AsyncIterable<readonly LogRecord[]> {
    const { tail, partition } = this.#parts;
    return readLog(tail, partition.reader, walk);
  }

  async #close(): Promise<void> {
    const { writer, tail, partition } = this.#parts;
    await writer.close();
    tail.close();
    await Promise.all([partition.sender.close(), partition.reader.close()]);
  }
}

/** The first claim makes the log, and names it. */
async function makeLog(
  options: WalOptions,
  { reader, sender }: MessageLog,
  signal: CancelSignal,
): Promise<FoundLog> {
  const { random, clock, firstOffset = 0, logId = newLogId(random, clock.now()) } = options;
  const placed = { epoch: 1, sequence: 0, offset: firstOffset, logTime: 0 };
  const claim = { kind: "claim", logId, claimId: newClaimId(random), ...placed } as const;
  const landed = await sender.claim(claim, signal);
  for await (const _ of reader.onwards(0n, landed.next, signal)) {
    // Read back: from here on everybody finds it.
  }
  const found = await findLog(reader, signal);
  if (found === undefined) throw new Error("the claim that makes the log cannot be read back");
  return found;
}
