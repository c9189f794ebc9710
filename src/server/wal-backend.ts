import { assert } from "../base/assert.ts";
import { EntError } from "../base/errors.ts";
import { settledWal } from "../config/check-wal.ts";
import { readNamedFile } from "../config/named-file.ts";
import { type Config, environmentName, type OptionKey } from "../config/options.ts";
import type { KafkaSettings } from "../wal/kafka-wal/kafka-settings.ts";
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
      throw new EntError({
        code: "failed_precondition",
        reason: "CONFIG_INVALID",
        message: "This version has no log in Kinesis.",
        hint: "Set ENTDB_WAL to file, kafka or memory.",
      });
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

function pem(key: OptionKey, path: string): string | undefined {
  return path === "" ? undefined : readNamedFile(environmentName(key), path);
}
