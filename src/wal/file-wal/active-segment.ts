import { assert, must } from "../../base/assert.ts";
import type { Random } from "../../base/random.ts";
import { type DiskFile, NoProgressError, writeWhole } from "./disk.ts";
import type { LogIdentityFile } from "./log-identity.ts";
import { newSalt } from "./salt.ts";
import { Segment, type SegmentList } from "./segment.ts";
import { encodeSegmentHeader } from "./segment-header.ts";
import type { BlankSegment, SegmentSupply } from "./segment-supply.ts";

/**
 * The segment that batches go to. It is open, or sealed after a failed write or sync:
 * then its file is never touched again, and the next segment's header states where the
 * acknowledged part ends, which is all an opening will believe.
 */
export class ActiveSegment {
  readonly #identity: LogIdentityFile;
  readonly #segments: SegmentList;
  readonly #supply: SegmentSupply;
  readonly #random: Random;
  #file: DiskFile | undefined;

  constructor(
    identity: LogIdentityFile,
    segments: SegmentList,
    supply: SegmentSupply,
    file: DiskFile,
    random: Random,
  ) {
    this.#identity = identity;
    this.#segments = segments;
    this.#supply = supply;
    this.#file = file;
    this.#random = random;
  }

  get isSealed(): boolean {
    return this.#file === undefined;
  }

  /** Bytes that are left for one more batch; 0 when sealed. */
  get room(): number {
    return this.#file === undefined ? 0 : this.#segments.last.room;
  }

  get file(): DiskFile {
    return must(this.#file, "a sealed segment is not written to");
  }

  /**
   * Writes a batch at the end, however little each call takes. Throws a
   * {@link PartialWriteError} that says whether any of it may have landed.
   */
  write(batch: Uint8Array): void {
    const { endPosition, room } = this.#segments.last;
    assert(batch.length <= room, "a batch fits into its segment");
    let at = 0;
    try {
      while (at < batch.length) {
        const taken = this.file.write(batch, at, batch.length - at, endPosition + at);
        if (taken <= 0) throw new NoProgressError();
        at += taken;
      }
    } catch (error) {
      throw new PartialWriteError(at, { cause: error });
    }
  }

  /**
   * Takes up the batch that was written last, once it is synced. The next segment is made with
   * the first one: a start has other things to sync, and who never writes needs none.
   */
  advance(count: number, bytes: number): void {
    this.#segments.last.advance(count, bytes);
    this.#supply.prepare();
  }

  /** Gives the file up: its descriptor is closed and nothing behind the end is ever read. */
  async seal(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    // After a failed sync the close may fail as well; there is nothing left to lose.
    await file?.close().catch(() => undefined);
  }

  /**
   * Goes on in a new segment. On return its header is on disk, its directory entry too.
   * On failure this one is sealed, even if it has some room left: whether appends are
   * taken must not depend on their size. Another call tries a fresh file.
   */
  async roll(): Promise<void> {
    try {
      const blank = await this.#supply.take();
      const segment = await this.#begin(blank);
      await this.seal();
      this.#segments.push(segment);
      this.#file = blank.file;
    } catch (error) {
      await this.seal();
      throw error;
    }
  }

  /** Writes and syncs the header that makes a blank file the next segment. */
  async #begin(blank: BlankSegment): Promise<Segment> {
    const last = this.#segments.last;
    const header = {
      logId: this.#identity.logId,
      partition: this.#identity.partition,
      sequence: blank.sequence,
      salt: newSalt(this.#random),
      firstOffset: last.end,
      size: blank.size,
      previous: {
        sequence: last.header.sequence,
        salt: last.header.salt,
        endPosition: last.endPosition,
      },
    };
    try {
      await writeWhole(blank.file, encodeSegmentHeader(header), 0);
      await blank.file.sync();
    } catch (error) {
      await blank.file.close().catch(() => undefined);
      throw error;
    }
    return new Segment(header, blank.path);
  }

  /** Lets go of all files. Nothing may be under way. */
  async close(): Promise<void> {
    await this.#supply.close();
    const file = this.#file;
    this.#file = undefined;
    await file?.close();
  }
}

/** A write that failed after `writtenBytes` of the batch had been taken. */
export class PartialWriteError extends Error {
  override readonly name = "PartialWriteError";
  readonly writtenBytes: number;

  constructor(writtenBytes: number, options: ErrorOptions) {
    super(`a write failed after ${writtenBytes} bytes`, options);
    this.writtenBytes = writtenBytes;
  }
}
