import type { LoggedRecord } from "../record/codec.ts";
import { type LogRecord, RECORD_TYPE } from "../wal/wal.ts";

/** Whose a record is. */
export type RecordOwner = Pick<LoggedRecord, "tenantId" | "incarnation">;

/**
 * A record of the log as one line of JSON: where it stands, whose it is, and its body as the
 * log has it, in base64. What a person wants to read of the body `entdb log --from-archive`
 * shows; what a rebuild needs is all here, byte by byte. ASCII only.
 */
export function archiveLine(
  { offset, logTime, type, body }: LogRecord,
  { tenantId, incarnation }: RecordOwner,
): string {
  const base64 = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString("base64");
  // Written out: no value in it needs escaping, and this runs for every record that there is.
  return `{"offset":${offset},"log_time":${logTime},"type":${type},"tenant_id":"${tenantId}","incarnation":${incarnation},"body":"${base64}"}\n`;
}

/** What a line consists of besides its values. */
const FRAME_BYTES = archiveLine(
  { offset: 0, logTime: 0, type: RECORD_TYPE.record, body: new Uint8Array() },
  { tenantId: "", incarnation: 0 },
).length;

/** How long the line is of a record whose body is so long: what a segment is measured by, long before its lines are made. */
export function archiveLineBytes(
  offset: number,
  logTime: number,
  bodyBytes: number,
  { tenantId, incarnation }: RecordOwner,
): number {
  const furtherDigits = digits(offset) + digits(logTime) + digits(incarnation) - 3;
  return FRAME_BYTES + furtherDigits + tenantId.length + 4 * Math.ceil(bodyBytes / 3);
}

function digits(count: number): number {
  let found = 1;
  for (let rest = count; rest >= 10; rest /= 10) found += 1;
  return found;
}
