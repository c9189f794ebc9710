import type { Disk } from "./disk.ts";
import { type LogIdentityFile, writeLogIdentity } from "./log-identity.ts";
import type { SegmentList } from "./segment.ts";

/**
 * Lets go of the oldest segments of a log, whole files at a time.
 *
 * `log.json` first says where the log begins, and only when that is durable do files go: a crash
 * in between leaves files that the next opening removes, never a log with a hole.
 */
export class LogTrimmer {
  readonly #place: { readonly disk: Disk; readonly directory: string };
  readonly #identity: LogIdentityFile;
  readonly #segments: SegmentList;
  /** The trim under way, or the last one. */
  #trimming: Promise<void> = Promise.resolve();

  constructor(
    place: { readonly disk: Disk; readonly directory: string },
    identity: LogIdentityFile,
    segments: SegmentList,
  ) {
    this.#place = place;
    this.#identity = identity;
    this.#segments = segments;
  }

  /** Drops the segments that hold nothing at or behind the offset. Calls wait for one another. */
  trim(before: number): Promise<void> {
    const trimming = this.#trimming.then(() => this.#trim(before));
    this.#trimming = trimming.catch(() => undefined);
    return trimming;
  }

  /** Resolves when no trim is under way. */
  async settled(): Promise<void> {
    await this.#trimming;
  }

  async #trim(before: number): Promise<void> {
    const { disk, directory } = this.#place;
    const dropped = this.#segments.below(before);
    const kept = this.#segments.at(dropped.length);
    if (dropped.length === 0 || kept === undefined) return;
    const { sequence, firstOffset } = kept.header;
    const trimmedTo = { sequence, firstOffset };
    await writeLogIdentity(directory, { ...this.#identity, trimmedTo }, disk);
    this.#segments.dropFirst(dropped.length);
    for (const { path } of dropped) await disk.remove(path);
    await disk.syncDirectory(directory);
  }
}
