import { decodeRecord } from "../record/codec.ts";
import type { CatalogEntry } from "../store/reader/catalog-reader.ts";
import type { LogRecord, Wal } from "../wal/wal.ts";
import { applyRecords } from "./apply-records.ts";
import type { AppliedRecord, PlacedRecord, TenantView } from "./tenant-view.ts";

/** Records of one SQLite transaction: small enough that requests get their turn in between. */
export const SLICE_RECORDS = 256;

/** A record of the log with its envelope decoded. Throws when the bytes are no record. */
export function placed(record: LogRecord): PlacedRecord {
  return { offset: record.offset, logTime: record.logTime, record: decodeRecord(record.body) };
}

export interface ReplayRange {
  /** First offset that is read. */
  readonly from: number;
  /** Records from this offset on are left alone. Infinity: to the end of the log as it is now. */
  readonly before: number;
}

/**
 * Applies one tenant's records of a range, in slices that give way to requests. Asks for
 * the view before each slice, since its file may have been closed meanwhile. Calls back
 * after each slice with the offset behind it. Stops quietly at the signal. Throws
 * `RecordFailure` where applying stops. Returns the offset behind what was read.
 */
export async function replayTenant(
  wal: Wal,
  entry: CatalogEntry,
  range: ReplayRange,
  view: () => TenantView,
  signal: AbortSignal,
  onSlice: (applied: readonly AppliedRecord[], end: number) => void,
): Promise<number> {
  let end = range.from;
  for await (const batch of wal.read(range.from, signal)) {
    if (signal.aborted) break;
    const own = ownRecords(batch, entry, range.before);
    for (let at = 0; at < own.length; at += SLICE_RECORDS) {
      const slice = own.slice(at, at + SLICE_RECORDS);
      const { applied, failure } = applyRecords(view(), slice);
      onSlice(applied, failure?.offset ?? (slice.at(-1)?.offset ?? end) + 1);
      if (failure !== undefined) throw failure;
      await turn();
      if (signal.aborted) return (slice.at(-1)?.offset ?? end) + 1;
    }
    end = (batch.at(-1)?.offset ?? end - 1) + 1;
    if (signal.aborted || end >= range.before) break;
  }
  return end;
}

/** The records of this tenant, in this life of its id. */
function ownRecords(
  batch: readonly LogRecord[],
  entry: CatalogEntry,
  before: number,
): PlacedRecord[] {
  const own: PlacedRecord[] = [];
  for (const logged of batch) {
    if (logged.offset >= before) break;
    const record = placed(logged);
    if (belongsTo(record, entry)) own.push(record);
  }
  return own;
}

/** Whether the record is one of this tenant in this life of its id. */
export function belongsTo(placed: PlacedRecord, entry: CatalogEntry): boolean {
  return (
    placed.record.tenantId === entry.tenantId && placed.record.incarnation === entry.incarnation
  );
}

/** Lets whatever waits for the event loop go first. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
