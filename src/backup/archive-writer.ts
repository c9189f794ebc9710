/**
 * Writes segments of tenants to the archive, each after the one that is there already.
 *
 * Invariant: a segment counts once its checksum object stands behind it, and that is written
 * only after the segment was read back. What a crash leaves in between is a segment without a
 * checksum; it is taken over if it holds the very records that the log has, so that nothing is
 * ever archived twice or under two numbers. Calls for one tenant must not overlap.
 */
import type { CancelSignal } from "../base/cancel-signal.ts";
import { leastRecentlyUsed } from "../base/least-recently-used.ts";
import type { BlobStore } from "../blob/blob-store.ts";
import { objectDamaged } from "../blob/errors.ts";
import { putVerified } from "../blob/verified-put.ts";
import { decodeOwner } from "../record/codec.ts";
import { archivedDays, type StoredSegment, segmentsOfDay } from "./archive-days.ts";
import type { ArchiveTail } from "./archive-tail.ts";
import { type ArchiveTails, tailMissing } from "./archive-tails.ts";
import type { BackupThread } from "./backup-thread.ts";
import { archiveOfAnotherLog } from "./errors.ts";
import { archivePrefix, type SegmentName, segmentKey } from "./keys.ts";
import type { OpenSegment, SegmentRest } from "./open-segment.ts";
import { readFacts } from "./read-facts.ts";
import type { Life, RestoredLives } from "./restored-lives.ts";
import { readSegment, sha256Hex } from "./segment-content.ts";
import { encodeSegmentFacts, type SegmentFacts } from "./segment-facts.ts";
import { withHead } from "./segment-head.ts";

export interface ArchiveWriterOptions {
  readonly store: BlobStore;
  readonly logId: string;
  readonly partition: number;
  /** Where this log began to be archived: what an older log archived below it is its past. */
  readonly begunAt: number;
  /** What was archived before, and is from here on. */
  readonly tails: ArchiveTails;
  /** What this log goes on behind. */
  readonly restored: RestoredLives;
  /** Where segments are made of records, and records of segments. */
  readonly thread: Pick<BackupThread, "pack" | "unpack">;
}

/** Tenants of which it is remembered that their last segment was looked up. */
const TAILS_MAX = 10_000;

export class ArchiveWriter {
  readonly #options: ArchiveWriterOptions;
  readonly #tails = leastRecentlyUsed<ArchiveTail>(TAILS_MAX);

  constructor(options: ArchiveWriterOptions) {
    this.#options = options;
  }

  /**
   * Archives what of the segment is not archived yet. Resolves with the bytes that it took when
   * all of it was read back; 0: there was nothing left to do. Called again after a failure it
   * goes on where it was. Throws what the store throws, OBJECT_DAMAGED for something in the way.
   */
  async write(segment: OpenSegment, signal: CancelSignal): Promise<number> {
    const { tenantId } = segment;
    try {
      const tail = this.#tails.get(tenantId) ?? (await this.#findTail(segment, signal));
      const rest = segment.recordsBehind(tail?.lastOffset ?? -1);
      return rest === undefined ? 0 : await this.#writeBehind(segment, rest, tail, signal);
    } catch (error) {
      // Whatever stands there now is looked at again.
      this.#tails.delete(tenantId);
      throw error;
    }
  }

  /** Removes what was archived of a life that has ended, and of those before it. */
  async removeLife({ tenantId, incarnation }: Life, signal: CancelSignal): Promise<void> {
    const { store, tails } = this.#options;
    // Ended once more: what is there is the next one's, which came when the rest had gone.
    const tail = await tails.of(tenantId, signal);
    if (tail !== undefined && tail.incarnation > incarnation) return;
    this.#tails.delete(tenantId);
    tails.forget(tenantId);
    await store.deleteAll(archivePrefix(tenantId), signal);
  }

  async #writeBehind(
    segment: OpenSegment,
    rest: SegmentRest,
    tail: ArchiveTail | undefined,
    signal: CancelSignal,
  ): Promise<number> {
    const { store, thread } = this.#options;
    const { tenantId, incarnation, day } = segment;
    const number = tail?.name.day === day ? tail.name.number + 1 : 1;
    const name = { tenantId, day, number };
    const { raw, ...held } = rest;
    const { bytes: lines, sha256, lineBytes } = await thread.pack(raw);
    signal.throwIfAborted();
    const packed = { bytes: lines.length, sha256, lineBytes };
    const facts = this.#factsOf(name, tail, { incarnation, ...held, ...packed });
    const object = withHead(facts, lines);
    await putVerified(store, segmentKey(name, "records"), object, signal);
    const whole = { bytes: object.length, sha256: await sha256Hex(object) };
    await this.#confirm(name, { ...facts, ...whole }, signal);
    return object.length;
  }

  #factsOf(
    { tenantId }: SegmentName,
    before: ArchiveTail | undefined,
    held: Omit<SegmentFacts, "tenantId" | "logId" | "partition" | "previousOffset">,
  ): SegmentFacts {
    const { logId, partition, restored } = this.#options;
    const restoredOffset = restored.offsetOf({ tenantId, incarnation: held.incarnation }) ?? -1;
    const previous = Math.max(before?.lastOffset ?? -1, restoredOffset);
    const previousOffset = previous < 0 ? undefined : previous;
    return { ...held, tenantId, logId, partition, previousOffset };
  }

  /** Writes the checksum object that makes a stored segment count. */
  async #confirm(
    name: SegmentName,
    facts: SegmentFacts,
    signal: CancelSignal,
  ): Promise<ArchiveTail> {
    const { store } = this.#options;
    await putVerified(store, segmentKey(name, "checksum"), encodeSegmentFacts(facts), signal);
    const tail = tailOf(name, facts);
    this.#note(tail);
    return tail;
  }

  #note(tail: ArchiveTail): void {
    this.#tails.set(tail.name.tenantId, tail);
    this.#options.tails.set(tail);
  }

  /** The tenant's last segment, with what a crash left behind it taken over. */
  async #findTail(segment: OpenSegment, signal: CancelSignal): Promise<ArchiveTail | undefined> {
    const { store } = this.#options;
    const { tenantId } = segment;
    const days = await archivedDays(store, tenantId, signal);
    let unconfirmed: StoredSegment | undefined;
    for (const day of days.reverse()) {
      const stored = await segmentsOfDay(store, tenantId, day, signal);
      const confirmed = stored.findLast(({ hasChecksum }) => hasChecksum);
      unconfirmed ??= stored
        .filter(({ name }) => name.number > (confirmed?.name.number ?? 0))
        .find(({ hasRecords }) => hasRecords);
      if (confirmed === undefined) continue;
      const facts = await readFacts(store, confirmed.name, signal);
      this.#requireOwnPast(confirmed.name, facts);
      await this.#requireAsKnown(segment, facts.lastOffset, signal);
      return await this.#takeOver(unconfirmed, tailOf(confirmed.name, facts), segment, signal);
    }
    await this.#requireAsKnown(segment, undefined, signal);
    return await this.#takeOver(unconfirmed, undefined, segment, signal);
  }

  /** What was archived of this life must be there: what comes now would hide that it is not. */
  async #requireAsKnown(
    { tenantId, incarnation }: OpenSegment,
    end: number | undefined,
    signal: CancelSignal,
  ): Promise<void> {
    const { store, tails } = this.#options;
    const known = await tails.of(tenantId, signal);
    if (known?.incarnation !== incarnation || known.lastOffset <= (end ?? -1)) return;
    throw await tailMissing(store, known, end, signal);
  }

  /** The records of another log may stand before ours, never among them. */
  #requireOwnPast(name: SegmentName, facts: SegmentFacts): void {
    const { store, logId, begunAt } = this.#options;
    if (facts.logId === logId || facts.lastOffset < begunAt) return;
    throw archiveOfAnotherLog(store.place, segmentKey(name, "checksum"));
  }

  async #takeOver(
    unconfirmed: StoredSegment | undefined,
    tail: ArchiveTail | undefined,
    segment: OpenSegment,
    signal: CancelSignal,
  ): Promise<ArchiveTail | undefined> {
    const { store, tails, thread } = this.#options;
    if (unconfirmed === undefined) {
      if (tail !== undefined) this.#note(tail);
      return tail;
    }
    const { name } = unconfirmed;
    const key = segmentKey(name, "records");
    const bytes = await store.get(key, signal);
    const stored = { tenantId: name.tenantId, bytes };
    const { records, lineBytes } = await readSegment(store.place, key, stored, thread);
    const [first] = records;
    const last = records.at(-1);
    if (tail !== undefined && first !== undefined && first.offset > segment.lastOffset) {
      // A segment of later records: theirs judges it, and looks for it again.
      tails.set(tail);
      return tail;
    }
    const isNext = first !== undefined && first.offset > (tail?.lastOffset ?? -1);
    if (!(isNext && last !== undefined && segment.agreesWith(records))) {
      const what = "it has no checksum, and holds other records than the log; remove it";
      throw objectDamaged(store.place, key, what);
    }
    const facts = this.#factsOf(name, tail, {
      incarnation: decodeOwner(first.body).incarnation,
      records: records.length,
      firstOffset: first.offset,
      lastOffset: last.offset,
      firstLogTime: first.logTime,
      lastLogTime: last.logTime,
      lineBytes,
      bytes: bytes.length,
      sha256: await sha256Hex(bytes),
    });
    return await this.#confirm(name, facts, signal);
  }
}

function tailOf(name: SegmentName, { incarnation, lastOffset, sha256 }: SegmentFacts): ArchiveTail {
  return { name, incarnation, lastOffset, sha256 };
}
