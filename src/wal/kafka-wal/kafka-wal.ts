/** The log in a partition of a Kafka topic: an append is answered when all replicas in sync have it (in memory, which is what Kafka promises). */
import { systemClock } from "../../base/clock.ts";
import { EntError, messageOf } from "../../base/errors.ts";
import {
  type EpochLogView,
  type EpochWal,
  type EpochWalOptions,
  openEpochWal,
  viewEpochLog,
} from "../epochs/epoch-wal.ts";
import type { MessageLog } from "../epochs/message-log.ts";
import { KafkaLink } from "./kafka-link.ts";
import { KafkaSender } from "./kafka-sender.ts";
import type { KafkaSettings } from "./kafka-settings.ts";
import { PartitionReader } from "./partition-reader.ts";
import { BATCH_OVERHEAD_BYTES, checkTopic, openTopic, topicExists } from "./topic.ts";

export interface KafkaWalOptions extends EpochWalOptions {
  readonly kafka: KafkaSettings;
}

/**
 * Opens the log in a partition of a Kafka topic, which is made when it is not there, and claims
 * it: whoever wrote it before stops. Reads go on, and appends are LOG_UNAVAILABLE, while the
 * claim cannot be made. Throws CONFIG_INVALID, LOG_UNAVAILABLE, LOG_DAMAGED, LOG_TRIMMED.
 */
export async function openKafkaWal(options: KafkaWalOptions): Promise<EpochWal> {
  const { kafka, topic, partition } = options;
  const { maxBatchBytes } = await reaching(kafka, () => openTopic(kafka, topic, partition));
  return await openEpochWal(options, partitionOf(options, maxBatchBytes - BATCH_OVERHEAD_BYTES));
}

/**
 * Looks at the log in a partition as it is now. Undefined when the topic is not there, or nothing
 * was ever written to it. Throws LOG_UNAVAILABLE, LOG_DAMAGED, LOG_TRIMMED.
 */
export async function viewKafkaLog(options: KafkaWalOptions): Promise<EpochLogView | undefined> {
  const { kafka, topic } = options;
  if (!(await reaching(kafka, () => topicExists(kafka, topic)))) return undefined;
  return await viewEpochLog(options, partitionOf(options, 0));
}

/** Looks whether a topic, if it is there, can hold a log. Throws CONFIG_INVALID, LOG_UNAVAILABLE. */
export async function checkKafkaTopic(kafka: KafkaSettings, topic: string): Promise<void> {
  await reaching(kafka, () => checkTopic(kafka, topic));
}

function partitionOf(options: KafkaWalOptions, batchBytes: number): MessageLog {
  const { kafka, topic, partition, waits = systemClock } = options;
  // Two of them: a broker answers the requests of a connection one after the other.
  const link = () => new KafkaLink(kafka, topic, partition, waits);
  return {
    name: "Kafka",
    reader: new PartitionReader(link()),
    sender: new KafkaSender(link()),
    batchBytes,
    patienceMs: OPEN_MS,
    unreachable: (cause) => unreachableKafka(kafka, cause),
  };
}

async function reaching<T>(kafka: KafkaSettings, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof EntError ? error : unreachableKafka(kafka, error);
  }
}

function unreachableKafka({ brokers }: KafkaSettings, cause: unknown): EntError {
  return new EntError({
    code: "unavailable",
    reason: "LOG_UNAVAILABLE",
    message: `Kafka cannot be used at ${brokers.join(", ")}: ${messageOf(cause)}`,
    hint: "Check ENTDB_KAFKA_BROKERS, that the brokers run and can be reached from here, and the settings for TLS and SASL.",
    retryable: true,
    cause,
  });
}

/** How long an opening waits for Kafka before it says that there is none. */
const OPEN_MS = 15_000;
