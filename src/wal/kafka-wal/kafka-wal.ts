/**
 * The log in Kafka, put together: opening finds where the log stands and claims it; the parts
 * then share one {@link Tail}, which alone says what is in the log.
 */
import { type Clock, systemClock } from "../../base/clock.ts";
import { EntError } from "../../base/errors.ts";
import { limits } from "../../base/limits.ts";
import { logClosed, recordTooLarge } from "../errors.ts";
import { LogClock } from "../log-clock.ts";
import { newLogId } from "../log-id.ts";
import type { WalOptions } from "../options.ts";
import type { Appended, ImportingWal, LogRecord, RecordType, Wal } from "../wal.ts";
import { type FoundLog, findLog } from "./find-end.ts";
import { KafkaLink } from "./kafka-link.ts";
import type { KafkaSettings } from "./kafka-settings.ts";
import { KafkaWriter } from "./kafka-writer.ts";
import { walkPartition } from "./log-walk.ts";
import { messageOf, newClaimId, newProducer, Owner, produce } from "./owner.ts";
import { PartitionReader } from "./partition-reader.ts";
import { Tail } from "./tail.ts";
import { BATCH_OVERHEAD_BYTES, openTopic, topicExists } from "./topic.ts";

export interface KafkaWalOptions extends WalOptions {
  readonly kafka: KafkaSettings;
  /** Times the waits for Kafka, which are real also where a test owns log time. Defaults to the system's. */
  readonly waits?: Clock | undefined;
}

/**
 * Opens the log in a partition of a Kafka topic, or makes a new one there, and claims it: whoever
 * wrote it before stops. Reads go on, and appends are LOG_UNAVAILABLE, while the claim cannot be
 * made. Throws CONFIG_INVALID, LOG_UNAVAILABLE, LOG_DAMAGED, LOG_TRIMMED.
 */
export async function openKafkaWal(options: KafkaWalOptions): Promise<KafkaWal> {
  const { kafka, topic, partition, waits = systemClock } = options;
  const maxBatchBytes = await topicOf(options);
  const link = () => new KafkaLink(kafka, topic, partition, waits);
  // Two of them: a broker answers the requests of a connection one after the other.
  const [writing, reading] = [link(), link()];
  const reader = new PartitionReader(reading);
  const patience = new AbortController();
  const cancel = waits.timer(OPEN_MS, () => patience.abort());
  try {
    const found =
      (await findLog(reader, patience.signal)) ??
      (await makeLog(options, writing, reader, patience.signal));
    const time = new LogClock(
      options.clock,
      found.ledger.place.lastLogTime,
      options.acceptClock ?? false,
    );
    const tail = new Tail(found, reader, time);
    const owner = new Owner(writing, tail, options.random);
    const writer = new KafkaWriter(owner, tail, time, waits, maxBatchBytes, options.onCommit);
    await writer.begin();
    return new KafkaWal(options, { tail, reader, writer, time, writing });
  } catch (error) {
    await Promise.all([writing.close(), reader.close()]);
    throw error instanceof EntError ? error : unreachableKafka(kafka, error);
  } finally {
    cancel();
  }
}

/** A log in Kafka as somebody sees it who does not claim it: whoever writes it goes on. */
export interface KafkaLogView
  extends Pick<Wal, "logId" | "partition" | "start" | "end" | "read" | "close"> {}

/**
 * Looks at the log in a partition as it is now. Undefined when the topic is not there, or nothing
 * was ever written to it. Throws LOG_UNAVAILABLE, LOG_DAMAGED, LOG_TRIMMED.
 */
export async function viewKafkaLog(options: KafkaWalOptions): Promise<KafkaLogView | undefined> {
  const { kafka, topic, partition, waits = systemClock } = options;
  const reader = new PartitionReader(new KafkaLink(kafka, topic, partition, waits));
  const patience = new AbortController();
  const cancel = waits.timer(OPEN_MS, () => patience.abort());
  try {
    if (!(await topicExists(kafka, topic))) return undefined;
    const found = await findLog(reader, patience.signal);
    if (found === undefined) return undefined;
    const tail = new Tail(found, reader, new LogClock(options.clock, 0, true));
    const { logId, offset: end } = tail.place;
    return {
      ...{ logId, partition, start: tail.places.first.offset, end },
      read: (from, signal) => walkPartition(tail, reader, from, end, signal),
      close: async () => {
        tail.close();
        await reader.close();
      },
    };
  } catch (error) {
    await reader.close();
    throw error instanceof EntError ? error : unreachableKafka(kafka, error);
  } finally {
    cancel();
  }
}

interface Parts {
  readonly tail: Tail;
  readonly reader: PartitionReader;
  readonly writer: KafkaWriter;
  readonly time: LogClock;
  readonly writing: KafkaLink;
}

/**
 * The log in one partition of a Kafka topic: an append is answered when all replicas in sync
 * have it (in memory, which is what Kafka promises), at the place where it was expected. DESIGN.md
 * beside `wal.ts` has the rules and the reasons.
 */
export class KafkaWal implements ImportingWal {
  readonly logId: string;
  readonly topic: string;
  readonly partition: number;
  readonly #parts: Parts;
  #closing: Promise<void> | undefined;

  /** Use {@link openKafkaWal}. */
  constructor({ topic, partition }: WalOptions, parts: Parts) {
    this.logId = parts.tail.place.logId;
    this.topic = topic;
    this.partition = partition;
    this.#parts = parts;
  }

  get end(): number {
    return this.#parts.tail.place.offset;
  }

  get start(): number {
    return this.#parts.tail.places.first.offset;
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

  follow(from: number, signal: AbortSignal): AsyncIterable<readonly LogRecord[]> {
    const { tail, reader } = this.#parts;
    return walkPartition(tail, reader, from, undefined, signal);
  }

  read(from: number, signal?: AbortSignal): AsyncIterable<readonly LogRecord[]> {
    const { tail, reader } = this.#parts;
    return walkPartition(tail, reader, from, this.end, signal);
  }

  /** How long records stay is the topic's affair: its retention. */
  trim(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const { writer, tail, writing, reader } = this.#parts;
    await writer.close();
    tail.close();
    await Promise.all([writing.close(), reader.close()]);
  }
}

/** The first claim makes the log, and names it. */
async function makeLog(
  options: KafkaWalOptions,
  writing: KafkaLink,
  reader: PartitionReader,
  signal: AbortSignal,
): Promise<FoundLog> {
  const { random, clock, firstOffset = 0, logId = newLogId(random, clock.now()) } = options;
  const producer = await newProducer(writing, signal);
  const claimId = newClaimId(random);
  const placed = { epoch: 1, sequence: 0, offset: firstOffset, logTime: 0 };
  const claim = messageOf({ kind: "claim", logId, claimId, ...placed });
  await produce(writing, producer, [claim], signal);
  const found = await findLog(reader, signal);
  if (found === undefined) throw new Error("the claim that makes the log cannot be read back");
  return found;
}

async function topicOf({ kafka, topic, partition }: KafkaWalOptions): Promise<number> {
  try {
    const { maxBatchBytes } = await openTopic(kafka, topic, partition);
    return maxBatchBytes - BATCH_OVERHEAD_BYTES;
  } catch (error) {
    throw error instanceof EntError ? error : unreachableKafka(kafka, error);
  }
}

function unreachableKafka({ brokers }: KafkaSettings, cause: unknown): EntError {
  const why = cause instanceof Error ? `: ${cause.message}` : "";
  return new EntError({
    code: "unavailable",
    reason: "LOG_UNAVAILABLE",
    message: `Kafka cannot be used at ${brokers.join(", ")}${why}`,
    hint: "Check ENTDB_KAFKA_BROKERS, that the brokers run and can be reached from here, and the settings for TLS and SASL.",
    retryable: true,
    cause,
  });
}

/** How long an opening waits for Kafka before it says that there is none. */
const OPEN_MS = 15_000;
