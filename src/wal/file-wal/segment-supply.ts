import { type Disk, type DiskFile, writeWhole } from "./disk.ts";
import { segmentPath, unfinishedPath } from "./segment-names.ts";
import { ZEROS } from "./zeros.ts";

/** A file full of zeros under its final name, durable with its directory entry, waiting for a header. */
export interface BlankSegment {
  readonly sequence: number;
  readonly path: string;
  readonly size: number;
  readonly file: DiskFile;
}

/**
 * Makes segments before they are needed. One is prepared at a time, on pool threads and in
 * steps that are synced one by one, so that a commit that syncs meanwhile waits for a
 * step's bytes and not for a whole segment's. A file appears under its final name only
 * when all of it is on disk: a segment that is shorter than it says was cut from outside.
 */
export class SegmentSupply {
  readonly #disk: Disk;
  readonly #directory: string;
  readonly #segmentBytes: number;
  #nextSequence: number;
  #ready: BlankSegment | undefined;
  #underWay: Promise<BlankSegment> | undefined;
  /** The next segment was asked for since the last one was taken. */
  #isAsked = false;
  #closed = false;

  constructor(disk: Disk, directory: string, segmentBytes: number, nextSequence: number) {
    this.#disk = disk;
    this.#directory = directory;
    this.#segmentBytes = segmentBytes;
    this.#nextSequence = nextSequence;
  }

  /** Takes over a blank segment that an earlier run prepared. */
  adopt(segment: BlankSegment): void {
    this.#ready = segment;
  }

  /**
   * Begins to make the next segment unless it is there, the first time since one was taken. Failure
   * shows when it is taken: not even a full disk is tried again with every call.
   */
  prepare(): void {
    if (this.#isAsked || this.#ready || this.#closed) return;
    this.#isAsked = true;
    this.#start().catch(() => undefined);
  }

  /** The next segment: at once if it is ready, otherwise when it has been made. Throws what the system throws. */
  async take(): Promise<BlankSegment> {
    const segment = this.#ready ?? (await (this.#underWay ?? this.#start()));
    this.#ready = undefined;
    this.#isAsked = false;
    this.#nextSequence = segment.sequence + 1;
    return segment;
  }

  /** Stops a preparation under way and lets go of what is ready; its file stays for the next run. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#underWay?.catch(() => undefined);
    await this.#ready?.file.close();
    this.#ready = undefined;
  }

  #start(): Promise<BlankSegment> {
    this.#underWay = this.#make().then(
      (segment) => {
        this.#underWay = undefined;
        this.#ready = segment;
        return segment;
      },
      (error: unknown) => {
        this.#underWay = undefined;
        throw error;
      },
    );
    return this.#underWay;
  }

  #make(): Promise<BlankSegment> {
    const size = this.#segmentBytes;
    return makeBlankSegment(
      this.#disk,
      this.#directory,
      this.#nextSequence,
      size,
      () => this.#closed,
    );
  }
}

/** Makes one blank segment, or leaves nothing behind. `cancelled` is asked between steps. */
export async function makeBlankSegment(
  disk: Disk,
  directory: string,
  sequence: number,
  size: number,
  cancelled: () => boolean = () => false,
): Promise<BlankSegment> {
  const path = segmentPath(directory, sequence);
  const unfinished = unfinishedPath(path);
  const file = await disk.create(unfinished);
  try {
    for (let at = 0; at < size; at += ZEROS.length) {
      if (cancelled()) throw new Error("the log is closing");
      await writeWhole(file, ZEROS, at, 0, Math.min(ZEROS.length, size - at));
      await file.sync();
    }
    await disk.rename(unfinished, path);
    await disk.syncDirectory(directory);
    return { sequence, path, size, file };
  } catch (error) {
    await file.close().catch(() => undefined);
    await disk.remove(unfinished).catch(() => undefined);
    await disk.remove(path).catch(() => undefined);
    throw error;
  }
}
