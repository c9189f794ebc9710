import type { PackedSegment, RawSegment } from "./pack-segment.ts";
import type { StoredSegmentBytes, UnpackedSegment } from "./unpack-segment.ts";

/** What the serving thread asks of the backup's thread. Plain data only. */
export type BackupJob =
  | { readonly kind: "pack"; readonly segment: RawSegment }
  | { readonly kind: "unpack"; readonly segment: StoredSegmentBytes }
  | ({ readonly kind: "compare" } & CompareWork);

/** Two files that are to be held against each other, in the background. */
export interface CompareWork {
  readonly one: string;
  readonly other: string;
  /** As fast as it goes at most. */
  readonly bytesPerSecond: number;
  /** Memory of a `Haste`. */
  readonly haste: SharedArrayBuffer;
}

/** A packed segment; an unpacked one; or the SHA-256 of two files, in hexadecimal, if they are the same. */
export type BackupAnswer = PackedSegment | UnpackedSegment | string | undefined;
