/**
 * The lines of a segment as the records that they hold: all of them, in their order and of one
 * tenant, or an error that says what tells them from a whole segment.
 *
 * Lines are what `archiveLine` makes, and are read as such without an object for each; one that is
 * written otherwise is read as the JSON that it is.
 */
import { decodeOwner } from "../record/codec.ts";
import { isCount } from "../wal/position.ts";
import { type LogRecord, RECORD_TYPE } from "../wal/wal.ts";

const NEWLINE = 0x0a;
const DIGIT_0 = 0x30;
const OFFSET = Buffer.from('{"offset":');
const LOG_TIME = Buffer.from(',"log_time":');
const BODY = Buffer.from(',"body":"');
const END = Buffer.from('"}');

/** What a line says of its record. */
interface Line {
  readonly offset: number;
  readonly logTime: number;
  readonly base64: string;
}

/** Records of one tenant as plain data that threads hand each other; in the order of the log. */
export interface ArchivedRecords {
  readonly offsets: Float64Array<ArrayBuffer>;
  readonly logTimes: Float64Array<ArrayBuffer>;
  /** Where each body ends in `bodies`, and the next begins. */
  readonly ends: Float64Array<ArrayBuffer>;
  /** With room behind the last, in which nothing is said. */
  readonly bodies: Uint8Array<ArrayBuffer>;
}

/** The records, whose bodies share memory. */
export function recordsOf({ offsets, logTimes, ends, bodies }: ArchivedRecords): LogRecord[] {
  const records: LogRecord[] = new Array(offsets.length);
  let begin = 0;
  for (let i = 0; i < offsets.length; i++) {
    const end = ends[i] as number;
    records[i] = {
      offset: offsets[i] as number,
      logTime: logTimes[i] as number,
      type: RECORD_TYPE.record,
      body: bodies.subarray(begin, end),
    };
    begin = end;
  }
  return records;
}

/** Reads the lines of a tenant. Throws what is wrong with them. */
export function readArchiveLines(lines: Buffer, tenantId: string): ArchivedRecords {
  if (lines.at(-1) !== NEWLINE) throw new Error("it does not end with a whole line");
  const scanner = new LineScanner(lines, tenantId);
  // As base64 the bodies are larger than they are.
  const bodies = Buffer.allocUnsafeSlow(lines.length);
  const offsets: number[] = [];
  const logTimes: number[] = [];
  const ends: number[] = [];
  let filled = 0;
  let before = -1;
  for (let begin = 0; begin < lines.length; ) {
    const end = lines.indexOf(NEWLINE, begin);
    const line = scanner.scan(begin, end) ?? parse(lines.toString("latin1", begin, end));
    const { offset, logTime } = line;
    if (!(isCount(offset) && isCount(logTime))) throw new Error("a line is no record");
    if (offset <= before) throw new Error(`offset ${offset} stands behind ${before}`);
    const { written } = bodies.subarray(filled).setFromBase64(line.base64);
    const body = bodies.subarray(filled, filled + written);
    if (decodeOwner(body).tenantId !== tenantId) {
      throw new Error(`the record at ${offset} is another tenant's`);
    }
    filled += written;
    offsets.push(offset);
    logTimes.push(logTime);
    ends.push(filled);
    before = offset;
    begin = end + 1;
  }
  return {
    offsets: Float64Array.from(offsets),
    logTimes: Float64Array.from(logTimes),
    ends: Float64Array.from(ends),
    bodies: new Uint8Array(bodies.buffer),
  };
}

/** Takes lines apart that are written as ours are. */
class LineScanner {
  readonly #lines: Buffer;
  readonly #owner: Buffer;
  #at = 0;

  constructor(lines: Buffer, tenantId: string) {
    this.#lines = lines;
    const type = RECORD_TYPE.record;
    this.#owner = Buffer.from(`,"type":${type},"tenant_id":"${tenantId}","incarnation":`);
  }

  /** The line between two places; undefined when it is written otherwise. */
  scan(begin: number, end: number): Line | undefined {
    this.#at = begin;
    if (!this.#passes(OFFSET)) return undefined;
    const offset = this.#count();
    if (!this.#passes(LOG_TIME)) return undefined;
    const logTime = this.#count();
    if (!this.#passes(this.#owner)) return undefined;
    this.#count();
    if (!this.#passes(BODY)) return undefined;
    const body = this.#at;
    this.#at = end - END.length;
    if (!this.#passes(END)) return undefined;
    return { offset, logTime, base64: this.#lines.toString("latin1", body, end - END.length) };
  }

  #passes(expected: Buffer): boolean {
    for (let i = 0; i < expected.length; i++) {
      if (this.#lines[this.#at + i] !== expected[i]) return false;
    }
    this.#at += expected.length;
    return true;
  }

  #count(): number {
    let count = 0;
    for (;;) {
      const digit = (this.#lines[this.#at] ?? 0) - DIGIT_0;
      if (digit < 0 || digit > 9) return count;
      count = 10 * count + digit;
      this.#at += 1;
    }
  }
}

function parse(text: string): Line {
  const { offset, log_time: logTime, type, body } = JSON.parse(text);
  if (type !== RECORD_TYPE.record) throw new Error("a line is no record");
  if (typeof body !== "string") throw new Error("a line has no body");
  return { offset, logTime, base64: body };
}
