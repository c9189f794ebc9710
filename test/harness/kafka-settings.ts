import type { KafkaSettings } from "../../src/wal/kafka-wal/kafka-settings.ts";

/** How tests reach a Kafka of their own: plain text, nobody asked who they are. */
export function kafkaSettingsOf(
  brokers: string,
  overrides: Partial<KafkaSettings> = {},
): KafkaSettings {
  return {
    brokers: brokers.split(","),
    tls: undefined,
    sasl: undefined,
    replicationFactor: 0,
    partitions: 1,
    isArchived: false,
    allowUnsafe: false,
    ...overrides,
  };
}
