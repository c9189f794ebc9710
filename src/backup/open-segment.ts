/**
 * A segment that is being filled: lines in memory until it is closed. It knows nothing of where
 * it will be stored; what of it is archived already is left out when its lines are taken.
 */
import { must } from "../base/assert.ts";
import { decodeRecord, type LoggedRecord } from "../record/codec.ts";
import type { LogRecord } from "../wal/wal.ts";
import { archiveLine } from "./archived-record.ts";
import { dayOf } from "./keys.ts";

interface Line {
  readonly offset: number;
  readonly logTime: number;
  readonly text: string;
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

  /** Whether the record belongs to it: another day, or another life of the tenant, has a segment of its own. */
  takes(record: LogRecord, decoded: LoggedRecord): boolean {
    return decoded.incarnation === this.incarnation && dayOf(record.logTime) === this.day;
  }

  add(record: LogRecord, decoded: LoggedRecord): void {
    const text = archiveLine(record, decoded);
    this.#lines.push({ offset: record.offset, logTime: record.logTime, text });
    // A line is ASCII: its characters are its bytes.
    this.#bytes += text.length;
  }

  /** The lines behind an offset, which the archive has already; undefined when there is none. */
  linesBehind(offset: number): SegmentLines | undefined {
    const lines = this.#lines.filter((line) => line.offset > offset);
    const [first] = lines;
    const last = lines.at(-1);
    if (first === undefined || last === undefined) return undefined;
    return {
      records: lines.length,
      firstOffset: first.offset,
      lastOffset: last.offset,
      firstLogTime: first.logTime,
      lastLogTime: last.logTime,
      content: Buffer.from(lines.map(({ text }) => text).join(""), "latin1"),
    };
  }

  /** Whether the records, which somebody stored before, are the very ones that stand here, as far as both go. */
  agreesWith(records: readonly LogRecord[]): boolean {
    const stored = new Map(records.map((record) => [record.offset, record]));
    const shared = this.#lines.filter(({ offset }) => stored.has(offset));
    return (
      shared.length > 0 &&
      shared.every(({ offset, text }) => {
        const record = must(stored.get(offset), "it was just found");
        return archiveLine(record, decodeRecord(record.body)) === text;
      })
    );
  }
}

/** What a segment is made of. */
export interface SegmentLines {
  readonly records: number;
  readonly firstOffset: number;
  readonly lastOffset: number;
  readonly firstLogTime: number;
  readonly lastLogTime: number;
  readonly content: Uint8Array;
}
