/**
 * A segment that is being filled: its records as the log has them, until it is closed. What their
 * lines will take is reckoned only: to make them is work for another thread. It knows nothing of
 * where it will be stored; what of it is archived already is left out when its records are taken.
 */
import { must } from "../base/assert.ts";
import type { LogRecord } from "../wal/wal.ts";
import { archiveLineBytes, type RecordOwner } from "./archived-record.ts";
import { dayBounds, dayOf } from "./keys.ts";
import type { RawSegment } from "./pack-segment.ts";
import { type PiecePool, SegmentMemory } from "./segment-memory.ts";

/** Of a record besides its body: where it stands. */
const RECORD_BYTES = 3 * Float64Array.BYTES_PER_ELEMENT;

/** Records of one tenant, in one life of its id, and of one day, that wait to be archived together. */
export class OpenSegment {
  readonly tenantId: string;
  readonly incarnation: number;
  /** UTC day of the records' log time. */
  readonly day: string;
  /** Log time of the first record. */
  readonly firstLogTime: number;
  /** When that record came, on the monotonic clock. */
  readonly openedAt: number;
  readonly #offsets: number[] = [];
  readonly #logTimes: number[] = [];
  /** Where each body begins among the bytes. */
  readonly #places: number[] = [];
  readonly #memory: SegmentMemory;
  /** Log time at which the day is over. */
  readonly #dayEnd: number;
  #lineBytes = 0;

  /** Begins with the given record. */
  constructor(record: LogRecord, owner: RecordOwner, monotonicMs: number, pool: PiecePool) {
    this.#memory = new SegmentMemory(pool);
    this.tenantId = owner.tenantId;
    this.incarnation = owner.incarnation;
    this.day = dayOf(record.logTime);
    this.#dayEnd = dayBounds(this.day).before;
    this.firstLogTime = record.logTime;
    this.openedAt = monotonicMs;
    this.add(record);
  }

  /** Bytes of its lines, when they will be made. */
  get bytes(): number {
    return this.#lineBytes;
  }

  /** What it costs in memory. */
  get heldBytes(): number {
    return this.#memory.heldBytes + RECORD_BYTES * this.#offsets.length;
  }

  get firstOffset(): number {
    return must(this.#offsets[0], "a segment begins with a record");
  }

  get lastOffset(): number {
    return must(this.#offsets.at(-1), "a segment begins with a record");
  }

  /** Whether the record belongs to it: another day, another life of the tenant, and what comes an interval later have a segment of their own. */
  takes(record: LogRecord, owner: RecordOwner, intervalMs: number): boolean {
    return (
      owner.incarnation === this.incarnation &&
      record.logTime - this.firstLogTime < intervalMs &&
      record.logTime < this.#dayEnd
    );
  }

  /** Adds a record of the same tenant and life, which {@link takes} it. */
  add({ offset, logTime, body }: LogRecord): void {
    this.#offsets.push(offset);
    this.#logTimes.push(logTime);
    this.#places.push(this.#memory.bytes);
    this.#memory.add(body);
    this.#lineBytes += archiveLineBytes(offset, logTime, body.length, this);
  }

  /** The records behind an offset, which the archive has already; undefined when there is none. */
  recordsBehind(offset: number): SegmentRest | undefined {
    const first = this.#offsets.findIndex((one) => one > offset);
    const begin = this.#places[first];
    if (begin === undefined) return undefined;
    const { tenantId, incarnation } = this;
    const logTimes = this.#logTimes.slice(first);
    const whole = "what has a place has the rest";
    return {
      records: this.#offsets.length - first,
      firstOffset: must(this.#offsets[first], whole),
      lastOffset: this.lastOffset,
      firstLogTime: must(logTimes[0], whole),
      lastLogTime: must(logTimes.at(-1), whole),
      raw: {
        ...{ tenantId, incarnation },
        offsets: Float64Array.from(this.#offsets.slice(first)),
        logTimes: Float64Array.from(logTimes),
        sizes: Float64Array.from(this.#places.slice(first), (at, i) => this.#end(first + i) - at),
        bodies: this.#memory.from(begin),
      },
    };
  }

  /** Whether the records, which somebody stored before, are the very ones that stand here, as far as both go. */
  agreesWith(records: readonly LogRecord[]): boolean {
    const stored = new Map(records.map((record) => [record.offset, record]));
    const content = Buffer.concat(this.#memory.from(0));
    let shared = 0;
    for (const [i, offset] of this.#offsets.entries()) {
      const record = stored.get(offset);
      if (record === undefined) continue;
      const body = content.subarray(this.#places[i], this.#end(i));
      const isSame = record.logTime === this.#logTimes[i] && body.equals(record.body);
      if (!isSame) return false;
      shared += 1;
    }
    return shared > 0;
  }

  /** Where the body of a record ends among the bytes. */
  #end(i: number): number {
    return this.#places[i + 1] ?? this.#memory.bytes;
  }

  /** Gives its memory back, when it is archived or nobody's any more. Nothing may be asked of it behind that. */
  release(): void {
    this.#memory.release();
  }
}

/** What of a segment is still to be archived. */
export interface SegmentRest {
  readonly records: number;
  readonly firstOffset: number;
  readonly lastOffset: number;
  readonly firstLogTime: number;
  readonly lastLogTime: number;
  /** On the segment's own memory: to be read only. */
  readonly raw: RawSegment;
}
