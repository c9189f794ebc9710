import { limits } from "../../base/limits.ts";
import type { WalOptions } from "../options.ts";
import { BATCH_HEADER_BYTES, RECORD_HEADER_BYTES } from "./batch-format.ts";
import type { Disk } from "./disk.ts";
import { SEGMENT_HEADER_BYTES } from "./segment-header.ts";
import type { Awake } from "./sync-policy.ts";
import { systemDisk } from "./system-disk.ts";

/** What the embedded log is opened with. */
export interface FileWalOptions extends WalOptions {
  /** The log's own directory, which exists. One open log per directory: whoever opens it holds the lock on the data directory. */
  readonly directory: string;
  /** Size of new segments. Defaults to `limits.segmentBytes`; at least {@link MIN_SEGMENT_BYTES}. */
  readonly segmentBytes?: number | undefined;
  /** Where a test injects faults. Defaults to the machine's file system. */
  readonly disk?: Disk | undefined;
  /** Told when syncs begin and end. Defaults to nobody. */
  readonly awake?: Awake | undefined;
}

/** The options with their defaults. */
export interface FileWalSettings extends WalOptions {
  readonly directory: string;
  readonly segmentBytes: number;
  readonly firstOffset: number;
  readonly acceptClock: boolean;
  readonly disk: Disk;
  readonly awake?: Awake | undefined;
}

/** Small ones serve tests: a record must fit into an empty segment. */
export const MIN_SEGMENT_BYTES = 2 * SEGMENT_HEADER_BYTES;
/** What a segment holds besides the body of its only record. */
export const SEGMENT_OVERHEAD_BYTES =
  SEGMENT_HEADER_BYTES + BATCH_HEADER_BYTES + RECORD_HEADER_BYTES;
/**
 * The first segment of a new log is no larger than this: filling 64 MiB with zeros takes
 * 0.1 to 0.5 s, which a first start need not wait for.
 */
export const FIRST_SEGMENT_BYTES = 1024 * 1024;

/** Fills in the defaults. */
export function fileWalSettings(options: FileWalOptions): FileWalSettings {
  return {
    ...options,
    segmentBytes: Math.max(options.segmentBytes ?? limits.segmentBytes, MIN_SEGMENT_BYTES),
    firstOffset: options.firstOffset ?? 0,
    acceptClock: options.acceptClock ?? false,
    disk: options.disk ?? systemDisk,
  };
}
