import { assert } from "../base/assert.ts";
import { settledWal } from "../config/check-wal.ts";
import { readNamedFile } from "../config/named-file.ts";
import { type Config, environmentName, type OptionKey } from "../config/options.ts";
import type { KafkaSettings } from "../wal/kafka-wal/kafka-settings.ts";
import type { KinesisSettings } from "../wal/kinesis-wal/kinesis-settings.ts";
import type { PartitionLog } from "./partition.ts";

/** The log that a configuration asks for. Throws CONFIG_INVALID when a certificate cannot be read. */
export function partitionLog(config: Config): PartitionLog {
  const wal = settledWal(config);
  switch (wal) {
    case "file":
    case "memory":
      return wal;
    case "kafka":
      return { kind: "kafka", topic: config.kafkaTopic, kafka: kafkaSettings(config) };
    case "kinesis":
      return { kind: "kinesis", topic: config.kinesisStream, kinesis: kinesisSettings(config) };
  }
}

/** How a configuration reaches Kafka. Throws CONFIG_INVALID when a certificate cannot be read. */
export function kafkaSettings(config: Config): KafkaSettings {
  const { kafkaSaslMechanism: mechanism } = config;
  const isChecked = config.kafkaAcks === "all" && config.kafkaEnableIdempotence;
  assert(isChecked, "no other way of sending passes the check of the configuration");
  return {
    brokers: config.kafkaBrokers,
    tls: config.kafkaTls
      ? {
          ca: pem("kafkaTlsCaFile", config.kafkaTlsCaFile),
          cert: pem("kafkaTlsCertFile", config.kafkaTlsCertFile),
          key: pem("kafkaTlsKeyFile", config.kafkaTlsKeyFile),
        }
      : undefined,
    sasl:
      mechanism === "none"
        ? undefined
        : {
            mechanism,
            username: config.kafkaSaslUsername,
            password: config.kafkaSaslPassword,
          },
    replicationFactor: config.kafkaReplicationFactor,
    partitions: 1,
    isArchived: config.archiveEnabled,
    allowUnsafe: config.kafkaAllowUnsafe,
  };
}

/** How a configuration reaches Kinesis. */
export function kinesisSettings(config: Config): KinesisSettings {
  return {
    region: config.kinesisRegion === "" ? undefined : config.kinesisRegion,
    endpoint: config.kinesisEndpoint === "" ? undefined : config.kinesisEndpoint,
    partitions: 1,
    retentionHours: config.kinesisRetentionHours,
    isArchived: config.archiveEnabled,
    allowUnsafe: config.kinesisAllowUnsafe,
  };
}

function pem(key: OptionKey, path: string): string | undefined {
  return path === "" ? undefined : readNamedFile(environmentName(key), path);
}
