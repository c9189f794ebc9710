/**
 * Reads a tenant's records back from the archive, in the order of the log.
 *
 * Nothing is handed out that does not verify, and nothing is left out: every segment has the
 * bytes and records that its checksum object states, stands in its place in the day's numbers,
 * and names the record before it, which must be the last one of the segment before. What does not
 * is an error that names the object. That the newest objects of all are missing shows by the tail
 * that the tenant's archive is known to have had; where none is known, a newest segment that has
 * lost its checksum object, or never had one yet, is read by what it says of itself.
 */
import type { CancelSignal } from "../base/cancel-signal.ts";
import type { BlobStore } from "../blob/blob-store.ts";
import { objectDamaged } from "../blob/errors.ts";
import type { LogRecord } from "../wal/wal.ts";
import { archivedDays, type StoredSegment, segmentsOfDay } from "./archive-days.ts";
import type { ArchiveTail } from "./archive-tail.ts";
import { ArchiveTails, tailMissing } from "./archive-tails.ts";
import { archiveGap, archiveTrimmed, objectMissing } from "./errors.ts";
import { type SegmentName, segmentKey } from "./keys.ts";
import { readFacts, readOwnFacts } from "./read-facts.ts";
import {
  readSegment,
  requireAsStated,
  sha256Hex,
  UNPACKING_HERE,
  type Unpacking,
} from "./segment-content.ts";
import type { SegmentFacts } from "./segment-facts.ts";

/** A segment that counts. */
interface CountedSegment {
  readonly name: SegmentName;
  /** What it says of itself, where it has no checksum object. */
  readonly ownFacts?: SegmentFacts;
}

interface LoadedSegment {
  readonly name: SegmentName;
  readonly facts: SegmentFacts;
  readonly records: readonly LogRecord[];
}

export class ArchiveReader {
  readonly #store: BlobStore;
  readonly #tails: ArchiveTails;
  readonly #unpacking: Unpacking;

  /** Without `tails` newest objects that are missing are not missed; without `unpacking` segments are unpacked here. */
  constructor(store: BlobStore, tails = new ArchiveTails(), unpacking = UNPACKING_HERE) {
    this.#store = store;
    this.#tails = tails;
    this.#unpacking = unpacking;
  }

  /** The tenants of which there is an archive, in the order of their names. */
  async *tenants(signal: CancelSignal): AsyncGenerator<string> {
    for await (const page of this.#store.listFolders("archive/", signal)) yield* page;
  }

  /**
   * The tenant's archived records from an offset on, a segment's at a time; nothing for a
   * tenant that has no archive. From `elsewhereFrom` on the caller has the records, whatever is
   * missing here. Throws LOG_TRIMMED when records from there on have been dropped in their time,
   * OBJECT_NOT_FOUND, OBJECT_DAMAGED and ARCHIVE_GAP as said above.
   */
  async *read(
    tenantId: string,
    from: number,
    signal: CancelSignal,
    elsewhereFrom = Number.POSITIVE_INFINITY,
  ): AsyncGenerator<readonly LogRecord[]> {
    // Before the look at what is there, to which more may come.
    const tail = await this.#tails.of(tenantId, signal);
    const segments = await this.#counted(tenantId, tail, signal);
    const begin = await this.#firstThatReaches(segments, from, signal);
    let before: SegmentFacts | undefined;
    // The next one comes while this one is worked on.
    let coming = this.#load(segments[begin], signal);
    for (let at = begin; coming !== undefined; at++) {
      const segment: LoadedSegment = await coming;
      if (at === 0) this.#requireReaches(segment.facts, from);
      if (before !== undefined) this.#requireFollows(segment, before);
      if (tail !== undefined) this.#requireSame(segment, tail);
      coming = this.#load(segments[at + 1], signal);
      // Whoever stops reading early does not ask for it.
      coming?.catch(() => undefined);
      const wanted = segment.records.filter(({ offset }) => offset >= from);
      if (wanted.length > 0) yield wanted;
      before = segment.facts;
    }
    const next = Math.max(from, (before?.lastOffset ?? -1) + 1);
    if (tail === undefined || tail.lastOffset < next || elsewhereFrom <= next) return;
    throw await tailMissing(this.#store, tail, await this.#end(segments, signal), signal);
  }

  /** The last record that the tenant's archive is known to hold without a look at it; there may be more. */
  async knownEnd(tenantId: string, signal: CancelSignal): Promise<number | undefined> {
    return (await this.#tails.of(tenantId, signal))?.lastOffset;
  }

  /** What the tenant's newest segment states; undefined when there is none. */
  async newestFacts(tenantId: string, signal: CancelSignal): Promise<SegmentFacts | undefined> {
    const tail = await this.#tails.of(tenantId, signal);
    const newest = (await this.#counted(tenantId, tail, signal)).at(-1);
    return newest && (await this.#factsOf(newest, signal));
  }

  /** The last record of the last segment. */
  async #end(
    segments: readonly CountedSegment[],
    signal: CancelSignal,
  ): Promise<number | undefined> {
    const last = segments.at(-1);
    return last && (await this.#factsOf(last, signal)).lastOffset;
  }

  async #factsOf({ name, ownFacts }: CountedSegment, signal: CancelSignal): Promise<SegmentFacts> {
    return ownFacts ?? (await readFacts(this.#store, name, signal));
  }

  /** All segments that count, in order. Throws OBJECT_NOT_FOUND for one that is missing among them. */
  async #counted(
    tenantId: string,
    tail: ArchiveTail | undefined,
    signal: CancelSignal,
  ): Promise<CountedSegment[]> {
    const segments: CountedSegment[] = [];
    const days = await archivedDays(this.#store, tenantId, signal);
    for (const [i, day] of days.entries()) {
      const stored = await segmentsOfDay(this.#store, tenantId, day, signal);
      // Behind the last one with a checksum, one may be on its way.
      const isNewest = i === days.length - 1;
      const end = stored.findLastIndex(({ hasChecksum }) => hasChecksum) + 1;
      const confirmed = isNewest ? stored.slice(0, end) : stored;
      // When their time is over, days go from the oldest on, each from its first segment on.
      this.#requireWhole(confirmed, i === 0 ? (confirmed[0]?.name.number ?? 1) : 1);
      segments.push(...confirmed.map(({ name }) => ({ name })));
      if (isNewest) segments.push(...(await this.#unconfirmed(stored.slice(end), tail, signal)));
    }
    return segments;
  }

  /**
   * The newest segments, which have no checksum: whether that was lost or never written, what they
   * hold is the log's. Of one that is known to have had it the checksum is missing, and is missed.
   */
  async #unconfirmed(
    stored: readonly StoredSegment[],
    tail: ArchiveTail | undefined,
    signal: CancelSignal,
  ): Promise<CountedSegment[]> {
    const segments: CountedSegment[] = [];
    for (const { name } of stored) {
      const ownFacts = await readOwnFacts(this.#store, name, signal);
      const isKnown = (tail?.lastOffset ?? -1) >= (ownFacts?.lastOffset ?? -1);
      if (ownFacts === undefined || isKnown) break;
      segments.push({ name, ownFacts });
    }
    return segments;
  }

  #requireWhole(stored: readonly StoredSegment[], firstNumber: number): void {
    const { place } = this.#store;
    for (const [i, { name, hasRecords, hasChecksum }] of stored.entries()) {
      const number = firstNumber + i;
      const behind = `segment ${name.number} of the day is there`;
      if (name.number !== number) {
        throw objectMissing(place, segmentKey({ ...name, number }, "records"), behind);
      }
      if (!hasRecords) {
        throw objectMissing(place, segmentKey(name, "records"), "its checksum is there");
      }
      if (!hasChecksum) {
        throw objectMissing(place, segmentKey(name, "checksum"), "later segments are there");
      }
    }
  }

  /** The place of the first segment with a record at or behind the offset, by halving. */
  async #firstThatReaches(
    segments: readonly CountedSegment[],
    from: number,
    signal: CancelSignal,
  ): Promise<number> {
    let low = 0;
    let high = segments.length;
    if (from === 0) return 0;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const facts = await this.#factsOf(segments[middle] as CountedSegment, signal);
      if (facts.lastOffset < from) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Throws unless every record from the offset on is in this segment, the oldest, or behind it. */
  #requireReaches({ previousOffset, firstOffset }: SegmentFacts, from: number): void {
    if (previousOffset === undefined || previousOffset < from) return;
    throw archiveTrimmed(this.#store.place, from, firstOffset);
  }

  #requireFollows({ name, facts }: LoadedSegment, before: SegmentFacts): void {
    if (facts.previousOffset === before.lastOffset) return;
    const key = segmentKey(name, "records");
    throw archiveGap(this.#store.place, key, facts.previousOffset, before.lastOffset);
  }

  #requireSame({ name, facts }: LoadedSegment, tail: ArchiveTail): void {
    const isTail = name.day === tail.name.day && name.number === tail.name.number;
    const isOfLife = facts.incarnation === tail.incarnation;
    if (!(isTail && isOfLife) || facts.sha256 === tail.sha256) return;
    const what = "it is another segment than the one that was archived under its name";
    throw objectDamaged(this.#store.place, segmentKey(name, "records"), what);
  }

  #load(
    segment: CountedSegment | undefined,
    signal: CancelSignal,
  ): Promise<LoadedSegment> | undefined {
    return segment && this.#loadOne(segment, signal);
  }

  async #loadOne(segment: CountedSegment, signal: CancelSignal): Promise<LoadedSegment> {
    const { name } = segment;
    const key = segmentKey(name, "records");
    const { place } = this.#store;
    const [facts, bytes] = await Promise.all([
      this.#factsOf(segment, signal),
      this.#store.get(key, signal),
    ]);
    if (bytes.length !== facts.bytes || (await sha256Hex(bytes)) !== facts.sha256) {
      throw objectDamaged(place, key, "its bytes are not those of its checksum");
    }
    const stored = { tenantId: name.tenantId, bytes, lineBytes: facts.lineBytes };
    const content = await readSegment(place, key, stored, this.#unpacking);
    requireAsStated(place, key, content, facts);
    return { name, facts, records: content.records };
  }
}
