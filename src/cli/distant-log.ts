import { settledWal } from "../config/check-wal.ts";
import type { Config } from "../config/options.ts";
import type { DistantLog } from "../server/view-log.ts";

/** The log that a server with these settings keeps in another program; undefined: it keeps it itself. */
export function distantLogOf(config: Config): DistantLog | undefined {
  const kind = settledWal(config);
  if (kind === "kafka") return { kind, topic: config.kafkaTopic };
  if (kind === "kinesis") return { kind, topic: config.kinesisStream };
  return undefined;
}

/** For people. */
export function nameOf({ kind, topic }: DistantLog): string {
  return kind === "kafka" ? `Kafka topic ${topic}` : `Kinesis stream ${topic}`;
}
