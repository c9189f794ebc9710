/**
 * A segment that is being filled: the bytes of its lines, in one piece of memory, until it is
 * closed. It knows nothing of where it will be stored; what of it is archived already is left
 * out when its lines are taken.
 */
import { must } from "../base/assert.ts";
import { decodeRecord, type LoggedRecord } from "../record/codec.ts";
import type { LogRecord } from "../wal/wal.ts";
import { archiveLine } from "./archived-record.ts";
import { dayOf } from "./keys.ts";
import { LineMemory, type PiecePool } from "./line-memory.ts";

/** Of a record besides its line: where it stands. */
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
  /** Where each line begins among the bytes. */
  readonly #places: number[] = [];
  readonly #memory: LineMemory;

  /** Begins with the given record. */
  constructor(record: LogRecord, decoded: LoggedRecord, monotonicMs: number, pool: PiecePool) {
    this.#memory = new LineMemory(pool);
    this.tenantId = decoded.tenantId;
    this.incarnation = decoded.incarnation;
    this.day = dayOf(record.logTime);
    this.firstLogTime = record.logTime;
    this.openedAt = monotonicMs;
    this.add(record, decoded);
  }

  /** Bytes of its lines. */
  get bytes(): number {
    return this.#memory.bytes;
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
  takes(record: LogRecord, decoded: LoggedRecord, intervalMs: number): boolean {
    return (
      decoded.incarnation === this.incarnation &&
      record.logTime - this.firstLogTime < intervalMs &&
      dayOf(record.logTime) === this.day
    );
  }

  add(record: LogRecord, decoded: LoggedRecord): void {
    this.#offsets.push(record.offset);
    this.#logTimes.push(record.logTime);
    this.#places.push(this.#memory.bytes);
    this.#memory.add(archiveLine(record, decoded));
  }

  /** The lines behind an offset, which the archive has already; undefined when there is none. */
  linesBehind(offset: number): SegmentLines | undefined {
    const first = this.#offsets.findIndex((one) => one > offset);
    const begin = this.#places[first];
    if (begin === undefined) return undefined;
    const whole = "what has a place has the rest";
    return {
      records: this.#offsets.length - first,
      firstOffset: must(this.#offsets[first], whole),
      lastOffset: must(this.#offsets.at(-1), whole),
      firstLogTime: must(this.#logTimes[first], whole),
      lastLogTime: must(this.#logTimes.at(-1), whole),
      bytes: this.#memory.bytes - begin,
      content: this.#memory.from(begin),
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
      const at = must(this.#places[i], "every record has a place");
      const line = archiveLine(record, decodeRecord(record.body));
      if (content.toString("latin1", at, at + line.length) !== line) return false;
      shared += 1;
    }
    return shared > 0;
  }

  /** Gives its memory back, when it is archived or nobody's any more. Nothing may be asked of it behind that. */
  release(): void {
    this.#memory.release();
  }
}

/** What a segment is made of. */
export interface SegmentLines {
  readonly records: number;
  readonly firstOffset: number;
  readonly lastOffset: number;
  readonly firstLogTime: number;
  readonly lastLogTime: number;
  readonly bytes: number;
  /** Parts of the segment's own memory: to be read only. */
  readonly content: readonly Uint8Array[];
}
