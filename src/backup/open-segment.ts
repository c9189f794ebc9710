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

const FIRST_BYTES = 4 * 1024;

/** Where a line stands. */
interface Line {
  readonly offset: number;
  readonly logTime: number;
  /** Where it begins among the bytes. */
  readonly at: number;
}

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
  readonly #lines: Line[] = [];
  #content = Buffer.allocUnsafeSlow(FIRST_BYTES);
  #bytes = 0;

  /** Begins with the given record. */
  constructor(record: LogRecord, decoded: LoggedRecord, monotonicMs: number) {
    this.tenantId = decoded.tenantId;
    this.incarnation = decoded.incarnation;
    this.day = dayOf(record.logTime);
    this.firstLogTime = record.logTime;
    this.openedAt = monotonicMs;
    this.add(record, decoded);
  }

  /** Bytes of its lines; what it costs in memory is in proportion. */
  get bytes(): number {
    return this.#bytes;
  }

  get firstOffset(): number {
    return must(this.#lines[0], "a segment begins with a record").offset;
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
    // A line is ASCII: its characters are its bytes.
    const line = archiveLine(record, decoded);
    this.#reserve(line.length);
    this.#lines.push({ offset: record.offset, logTime: record.logTime, at: this.#bytes });
    this.#content.write(line, this.#bytes, "latin1");
    this.#bytes += line.length;
  }

  /** The lines behind an offset, which the archive has already; undefined when there is none. */
  linesBehind(offset: number): SegmentLines | undefined {
    const first = this.#lines.findIndex((line) => line.offset > offset);
    const lines = first < 0 ? [] : this.#lines.slice(first);
    const [begin] = lines;
    const last = lines.at(-1);
    if (begin === undefined || last === undefined) return undefined;
    return {
      records: lines.length,
      firstOffset: begin.offset,
      lastOffset: last.offset,
      firstLogTime: begin.logTime,
      lastLogTime: last.logTime,
      content: this.#content.subarray(begin.at, this.#bytes),
    };
  }

  /** Whether the records, which somebody stored before, are the very ones that stand here, as far as both go. */
  agreesWith(records: readonly LogRecord[]): boolean {
    const stored = new Map(records.map((record) => [record.offset, record]));
    const shared = this.#lines.filter(({ offset }) => stored.has(offset));
    return (
      shared.length > 0 &&
      shared.every(({ offset, at }) => {
        const record = must(stored.get(offset), "it was just found");
        const line = archiveLine(record, decodeRecord(record.body));
        return this.#content.toString("latin1", at, at + line.length) === line;
      })
    );
  }

  #reserve(bytes: number): void {
    const needed = this.#bytes + bytes;
    if (needed <= this.#content.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, 2 * this.#content.length));
    this.#content.copy(larger, 0, 0, this.#bytes);
    this.#content = larger;
  }
}

/** What a segment is made of. */
export interface SegmentLines {
  readonly records: number;
  readonly firstOffset: number;
  readonly lastOffset: number;
  readonly firstLogTime: number;
  readonly lastLogTime: number;
  /** Part of the segment's own memory: to be read only. */
  readonly content: Uint8Array;
}
