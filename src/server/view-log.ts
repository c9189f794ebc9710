import type { Clock } from "../base/clock.ts";
import type { Random } from "../base/random.ts";
import type { Config } from "../config/options.ts";
import type { EpochLogView } from "../wal/epochs/epoch-wal.ts";
import type { KafkaBackend, KinesisBackend } from "../wal/open-wal.ts";
import { kafkaSettings, kinesisSettings } from "./wal-backend.ts";

/** A log that another program keeps, by its name there. */
export interface DistantLog {
  readonly kind: "kafka" | "kinesis";
  /** Its topic, or its stream. */
  readonly topic: string;
}

/** How a configuration reaches a log that another program keeps. Throws CONFIG_INVALID when a certificate cannot be read. */
export function distantBackend(
  config: Config,
  { kind, topic }: DistantLog,
): (KafkaBackend | KinesisBackend) & DistantLog {
  return kind === "kafka"
    ? { kind, topic, kafka: kafkaSettings(config) }
    : { kind, topic, kinesis: kinesisSettings(config) };
}

export interface ViewOptions {
  /** How Kafka and Kinesis are reached. */
  readonly config: Config;
  readonly clock: Clock;
  readonly random: Random;
}

/**
 * Whether a server could keep its log there; nothing is made. Throws CONFIG_INVALID and
 * LOG_UNAVAILABLE, as a start would.
 */
export async function checkLogPlace(log: DistantLog, options: ViewOptions): Promise<void> {
  const { config, clock, random } = options;
  if (log.kind === "kafka") {
    const { checkKafkaTopic } = await import("../wal/kafka-wal/kafka-wal.ts");
    return await checkKafkaTopic(kafkaSettings(config), log.topic);
  }
  const { checkKinesisStream } = await import("../wal/kinesis-wal/kinesis-wal.ts");
  const { topic } = log;
  const place = { topic, partition: 0, kinesis: kinesisSettings(config) };
  await checkKinesisStream({ ...place, clock, random });
}

/**
 * Looks at a log without claiming it: whoever writes it goes on. Undefined when there is none.
 * Throws CONFIG_INVALID, LOG_UNAVAILABLE, LOG_DAMAGED, LOG_TRIMMED.
 */
export async function viewLog(
  log: DistantLog,
  { config, clock, random }: ViewOptions,
): Promise<EpochLogView | undefined> {
  const options = { ...distantBackend(config, log), partition: 0, clock, random };
  if (options.kind === "kafka") {
    const { viewKafkaLog } = await import("../wal/kafka-wal/kafka-wal.ts");
    return await viewKafkaLog(options);
  }
  const { viewKinesisLog } = await import("../wal/kinesis-wal/kinesis-wal.ts");
  return await viewKinesisLog(options);
}
