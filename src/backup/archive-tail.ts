import { type SegmentName, segmentKey } from "./keys.ts";
import { isSha256 } from "./stated-fields.ts";

/**
 * The newest segment of a tenant's archive, as it was when it was read back: what must still be
 * there, or be followed by later ones. Nothing that comes behind it in the archive says so.
 */
export interface ArchiveTail {
  readonly name: SegmentName;
  /** Which life of the tenant's id. */
  readonly incarnation: number;
  /** The tenant's record with which it ends. */
  readonly lastOffset: number;
  /** Of the segment's object, in hexadecimal. */
  readonly sha256: string;
}

/** The tail as one line, for files that hold those of many tenants. */
export function tailLine({ name, incarnation, lastOffset, sha256 }: ArchiveTail): string {
  const { tenantId, day, number } = name;
  return [tenantId, incarnation, day, number, lastOffset, sha256].join(" ");
}

/** Reads a line back. Throws what tells a damaged one from a whole one. */
export function parseTailLine(line: unknown): ArchiveTail {
  const [tenantId = "", incarnation, day = "", number, lastOffset, sha256 = ""] =
    String(line).split(" ");
  const name = { tenantId, day, number: Number(number) };
  const tail = { name, incarnation: Number(incarnation), lastOffset: Number(lastOffset), sha256 };
  const counts = [name.number, tail.incarnation, tail.lastOffset];
  const isWhole = counts.every((count) => Number.isSafeInteger(count) && count >= 0);
  if (!(isWhole && isSha256(sha256) && tailLine(tail) === line)) {
    throw new Error("it names a segment that is none");
  }
  return tail;
}

/** The key of the segment's records. */
export function tailKey({ name }: ArchiveTail): string {
  return segmentKey(name, "records");
}
