import { unreachable } from "../base/assert.ts";
import { openFileWal } from "./file-wal/file-wal.ts";
import { MemoryWal } from "./memory-wal.ts";
import type { WalOptions } from "./options.ts";
import type { Wal } from "./wal.ts";

/** Which log to open. */
export type OpenWalOptions = WalOptions & (FileBackend | MemoryBackend);

export interface FileBackend {
  readonly kind: "file";
  /** The partition's own directory, which exists and is locked by the caller. */
  readonly directory: string;
  /** Size of new segments; 64 MiB by default. */
  readonly segmentBytes?: number | undefined;
}

export interface MemoryBackend {
  readonly kind: "memory";
}

/** Opens the log of one partition. Throws LOG_DAMAGED, LOG_UNAVAILABLE, FORMAT_TOO_NEW. */
export async function openWal(options: OpenWalOptions): Promise<Wal> {
  switch (options.kind) {
    case "file":
      return await openFileWal(options);
    case "memory":
      return new MemoryWal(options);
    default:
      return unreachable(options);
  }
}
