/**
 * Names of the objects of archive and snapshots: the layout that people see, made and read
 * here alone.
 *
 *     archive/<tenant>/<yyyy-mm-dd>/segment_000001.jsonl.gz
 *     archive/<tenant>/<yyyy-mm-dd>/segment_000001.checksum
 *     archived/<log id>/archived_<offset>_<hash>.json
 *     snapshots/<tenant>/snap_<ISO time with milliseconds>/<file>
 *
 * Days are UTC days of log time. A directory writes `-` for the `:` of a snapshot's time;
 * what is read here may have either.
 */

const DAY_MS = 86_400_000;
const DIGITS = 6;
const DAY = /^\d{4}-\d{2}-\d{2}$/;
const SEGMENT = /^archive\/([^/]+)\/([^/]+)\/segment_(\d{6,})\.(jsonl\.gz|checksum)$/;
const POSITION_DIGITS = 16;
const POSITION_HASH_DIGITS = 8;
const POSITION = /^archived\/[^/]+\/archived_\d{16}_[0-9a-f]{8}\.json$/;
const SNAPSHOT_ID = /^snap_(\d{4}-\d{2}-\d{2})T(\d{2})[:-](\d{2})[:-](\d{2}\.\d{3})Z$/;

export interface SegmentName {
  readonly tenantId: string;
  /** "2024-01-15" */
  readonly day: string;
  /** From 1 on, within its day. */
  readonly number: number;
}

/** What stands under a segment's name. */
export type SegmentPart = "records" | "checksum";

/** The UTC day of a log time. */
export function dayOf(logTimeMs: number): string {
  return new Date(logTimeMs).toISOString().slice(0, 10);
}

/** Log time at which the day begins, and at which it is over. */
export function dayBounds(day: string): { readonly from: number; readonly before: number } {
  const from = Date.parse(`${day}T00:00:00.000Z`);
  return { from, before: from + DAY_MS };
}

/** Where a tenant's archive lies. */
export function archivePrefix(tenantId: string): string {
  return `archive/${tenantId}/`;
}

/** Where a day of it lies. */
export function dayPrefix(tenantId: string, day: string): string {
  return `${archivePrefix(tenantId)}${day}/`;
}

/** The key of a part of a segment. */
export function segmentKey({ tenantId, day, number }: SegmentName, part: SegmentPart): string {
  const suffix = part === "records" ? "jsonl.gz" : "checksum";
  return `${dayPrefix(tenantId, day)}segment_${String(number).padStart(DIGITS, "0")}.${suffix}`;
}

/** What a key of the archive names; undefined for one that is none of ours. */
export function parseSegmentKey(
  key: string,
): { readonly name: SegmentName; readonly part: SegmentPart } | undefined {
  const [, tenantId = "", day = "", digits = "", suffix] = SEGMENT.exec(key) ?? [];
  const number = Number(digits);
  const name = { tenantId, day, number };
  const part = suffix === "checksum" ? "checksum" : "records";
  // What would be written otherwise is not ours: a day that no calendar has, more zeros than needed.
  if (suffix === undefined || !isDay(day) || number < 1) return undefined;
  return segmentKey(name, part) === key ? { name, part } : undefined;
}

/** Whether it is a day of the calendar, written as keys write it. */
export function isDay(text: string): boolean {
  const time = Date.parse(`${text}T00:00:00.000Z`);
  return DAY.test(text) && !Number.isNaN(time) && dayOf(time) === text;
}

/** Where copies of the archivers' positions lie, by log. */
export const POSITIONS_PREFIX = "archived/";

/** Where those of one log lie, which sort by their offsets. */
export function positionsPrefix(logId: string): string {
  return `${POSITIONS_PREFIX}${logId}/`;
}

/** The key of the copy of an archiver's position; `sha256` is that of its content, in hexadecimal. */
export function positionKey(logId: string, offset: number, sha256: string): string {
  const digits = String(offset).padStart(POSITION_DIGITS, "0");
  return `${positionsPrefix(logId)}archived_${digits}_${sha256.slice(0, POSITION_HASH_DIGITS)}.json`;
}

/** Whether it is a key of such a copy. */
export function isPositionKey(key: string): boolean {
  return POSITION.test(key);
}

/** Where a tenant's snapshots lie. */
export function snapshotsPrefix(tenantId: string): string {
  return `snapshots/${tenantId}/`;
}

/** "snap_2024-01-15T10:20:30.123Z" */
export function snapshotId(timestampMs: number): string {
  return `snap_${new Date(timestampMs).toISOString()}`;
}

/** The time that a snapshot's id names, in Unix milliseconds, with colons or hyphens; undefined: it is no such id. */
export function parseSnapshotId(id: string): number | undefined {
  const [, day, hours, minutes, seconds] = SNAPSHOT_ID.exec(id) ?? [];
  const time = Date.parse(`${day}T${hours}:${minutes}:${seconds}Z`);
  return Number.isNaN(time) ? undefined : time;
}

/** The key of a file of a snapshot: `canonical.db`, `mailbox.db`, `manifest.json`. */
export function snapshotKey(tenantId: string, id: string, file: string): string {
  return `${snapshotsPrefix(tenantId)}${id}/${file}`;
}
