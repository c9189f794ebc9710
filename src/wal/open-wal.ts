import { unreachable } from "../base/assert.ts";
import { openFileWal } from "./file-wal/file-wal.ts";
import type { Awake } from "./file-wal/sync-policy.ts";
import type { KafkaSettings } from "./kafka-wal/kafka-settings.ts";
import type { KinesisSettings } from "./kinesis-wal/kinesis-settings.ts";
import { MemoryWal } from "./memory-wal.ts";
import type { WalOptions } from "./options.ts";
import type { ImportingWal } from "./wal.ts";

/** Which log to open. */
export type OpenWalOptions = WalOptions &
  (FileBackend | KafkaBackend | KinesisBackend | MemoryBackend);

export interface FileBackend {
  readonly kind: "file";
  /** The partition's own directory, which exists and is locked by the caller. */
  readonly directory: string;
  /** Size of new segments; 64 MiB by default. */
  readonly segmentBytes?: number | undefined;
  /** Told when syncs begin and end. Defaults to nobody. */
  readonly awake?: Awake | undefined;
}

export interface KafkaBackend {
  readonly kind: "kafka";
  /** The options' topic is the one there. */
  readonly kafka: KafkaSettings;
}

export interface KinesisBackend {
  readonly kind: "kinesis";
  /** The options' topic is the stream there. */
  readonly kinesis: KinesisSettings;
}

export interface MemoryBackend {
  readonly kind: "memory";
}

/**
 * Opens the log of one partition. Throws LOG_DAMAGED, LOG_UNAVAILABLE, LOG_TRIMMED,
 * FORMAT_TOO_NEW, CONFIG_INVALID.
 */
export async function openWal(options: OpenWalOptions): Promise<ImportingWal> {
  switch (options.kind) {
    case "file":
      return await openFileWal(options);
    case "kafka": {
      // Loaded by whoever needs it: the client is large, and most servers have no Kafka.
      const { openKafkaWal } = await import("./kafka-wal/kafka-wal.ts");
      return await openKafkaWal(options);
    }
    case "kinesis": {
      const { openKinesisWal } = await import("./kinesis-wal/kinesis-wal.ts");
      return await openKinesisWal(options);
    }
    case "memory":
      return new MemoryWal(options);
    default:
      return unreachable(options);
  }
}
