import type { CancelSignal } from "../base/cancel-signal.ts";
import { turn } from "../base/turn.ts";
import { decodeRecord } from "../record/codec.ts";
import type { CatalogEntry } from "../store/reader/catalog-reader.ts";
import { logTrimmed } from "../wal/errors.ts";
import type { LogRecord } from "../wal/wal.ts";
import { applyRecords } from "./apply-records.ts";
import type { Slice } from "./build-pass.ts";
import type { History } from "./history.ts";
import type { AppliedRecord, PlacedRecord } from "./placed-record.ts";
import type { TenantView } from "./tenant-view.ts";

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

/** What a replay works with, and whom it tells. */
export interface Replaying {
  /** Asked before each slice, since the view's file may have been closed meanwhile. */
  readonly view: () => TenantView;
  /** Told after each slice, with the offset behind it. */
  readonly onSlice: (applied: readonly AppliedRecord[], end: number) => void;
  /** Told where a schema begins to be built, and (undefined) when that is over. */
  readonly onBuilding?: (offset: number | undefined) => void;
  /** How much of a build may be done before others get their turn. */
  readonly buildSlice: () => Slice;
  /** Records of one SQLite transaction. Defaults to {@link SLICE_RECORDS}. */
  readonly sliceRecords?: number;
  readonly signal: CancelSignal;
}

/**
 * Applies one tenant's records of a range, in slices that give way to requests. Stops quietly
 * at the signal. Throws `RecordFailure` where applying stops, and LOG_TRIMMED when an empty view
 * would be begun in the middle of its tenant's life. Returns the offset behind what was read.
 */
export async function replayTenant(
  history: History,
  entry: CatalogEntry,
  range: ReplayRange,
  replaying: Replaying,
): Promise<number> {
  const { signal, view, sliceRecords = SLICE_RECORDS } = replaying;
  const begunAt = history.begunFor(entry);
  let isBegun = range.from >= begunAt || view().appliedOffset >= 0;
  let end = range.from;
  for await (const batch of history.read(entry.tenantId, range.from, signal)) {
    if (signal.aborted) break;
    const own = ownRecords(batch.records, entry, range.before);
    isBegun ||= (own[0]?.offset ?? begunAt) < begunAt;
    if (!isBegun) throw logTrimmed(range.from, begunAt);
    for (let at = 0; at < own.length; at += sliceRecords) {
      await replaySlice(own.slice(at, at + sliceRecords), replaying);
      if (signal.aborted) return end;
    }
    end = batch.end;
    if (signal.aborted || end >= range.before) break;
  }
  return end;
}

/** Applies records of one tenant, and builds the schemas among them. */
async function replaySlice(records: readonly PlacedRecord[], replaying: Replaying): Promise<void> {
  const { view, onSlice, signal } = replaying;
  let left = records;
  while (left.length > 0 && !signal.aborted) {
    const { applied, failure, building } = applyRecords(view(), left);
    const stopped = failure?.offset ?? building;
    onSlice(applied, stopped ?? (left.at(-1)?.offset ?? -1) + 1);
    if (failure !== undefined) throw failure;
    await turn();
    if (building === undefined) return;
    await buildSchema(building, left, replaying);
    left = left.filter((placed) => placed.offset > building);
  }
}

/** Goes on until the schema of the record is in force or refused, and nothing of it is left to do. */
async function buildSchema(
  offset: number,
  records: readonly PlacedRecord[],
  { view, onSlice, onBuilding, buildSlice, signal }: Replaying,
): Promise<void> {
  const record = records.find((placed) => placed.offset === offset);
  onBuilding?.(offset);
  for (let isDone = false; !isDone; await turn()) {
    if (signal.aborted) return;
    const built = view().buildSlice(record, buildSlice());
    if (built.applied.length > 0) onSlice(built.applied, offset + 1);
    isDone = built.isDone;
  }
  onBuilding?.(undefined);
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
