import type { KinesisSettings } from "../../src/wal/kinesis-wal/kinesis-settings.ts";

/** How tests reach a Kinesis of their own. */
export function kinesisSettingsOf(
  endpoint: string,
  overrides: Partial<KinesisSettings> = {},
): KinesisSettings {
  return {
    region: "us-east-1",
    endpoint,
    partitions: 1,
    retentionHours: 168,
    isArchived: true,
    allowUnsafe: false,
    ...overrides,
  };
}
