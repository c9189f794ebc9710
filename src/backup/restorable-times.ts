/**
 * What there is to be restored begins somewhere: whoever names a time that cannot be had is told
 * the earliest that can, or the latest, in the sentence and, for programs, in the details.
 *
 * An earliest time is that of the one whose files could not be made, the catalog or a tenant: at
 * it these can be. That another tenant begins later shows when it is that one's turn.
 */
import type { History } from "../applier/history.ts";
import { placed } from "../applier/replay.ts";
import type { CancelSignal } from "../base/cancel-signal.ts";
import { EntError } from "../base/errors.ts";
import { SYSTEM_TENANT_ID } from "../record/transaction.ts";
import { CATALOG_LIFE, type Life } from "./restored-lives.ts";
import type { SnapshotShelf } from "./snapshot-shelf.ts";

/** Log time of the oldest whole snapshot of this life that holds a record; undefined when there is none. */
export async function oldestSnapshotTime(
  shelf: SnapshotShelf,
  { tenantId, incarnation }: Life,
  signal: CancelSignal,
): Promise<number | undefined> {
  for (const id of await shelf.ids(tenantId, signal)) {
    const manifest = await shelf.find(tenantId, id, signal);
    if (manifest?.incarnation === incarnation && manifest.offset >= 0) return manifest.logTime;
  }
  return undefined;
}

/** From which log time on there is a catalog: that of its first record, or of a snapshot where that is older. */
export async function earliestCatalogTime(
  shelf: SnapshotShelf,
  history: History,
  signal: CancelSignal,
): Promise<number | undefined> {
  const snapshot = await oldestSnapshotTime(shelf, CATALOG_LIFE, signal);
  const record = await firstRecordTime(history, signal);
  if (snapshot === undefined || record === undefined) return snapshot ?? record;
  return Math.min(snapshot, record);
}

async function firstRecordTime(
  history: History,
  signal: CancelSignal,
): Promise<number | undefined> {
  for await (const { records } of history.read(SYSTEM_TENANT_ID, 0, signal)) {
    const first = records.find((logged) => placed(logged).record.tenantId === SYSTEM_TENANT_ID);
    if (first !== undefined) return first.logTime;
  }
  return undefined;
}

/** Nothing has been looked at yet: where what there is begins is not known. */
export function inTheFuture(targetTime: number, now: number): EntError {
  return targetTimeInvalid(
    `${timeText(targetTime)} is in the future: the latest time is now, ${timeText(now)}`,
    "Name a time that has passed, or `latest` for all that there is.",
    { latest_time: timeText(now) },
  );
}

/** The place has nothing of any time. */
export function nothingThere(place: string): EntError {
  return targetTimeInvalid(
    `there is nothing of any time to be restored in ${place}: neither a snapshot of the catalog nor records of it`,
    "Name the bucket or directory that the server kept its archive in.",
  );
}

/** What the place has begins after that time. */
export function beforeTheBeginning(place: string, targetTime: number, earliest: number): EntError {
  return targetTimeInvalid(
    `there is nothing of ${timeText(targetTime)} to be restored in ${place}: the earliest is of ${timeText(earliest)}`,
    "Name that time or a later one, or the bucket or directory that an older archive is in.",
    { earliest_time: timeText(earliest) },
  );
}

/** A tenant's records from its beginning on are no more, as `why` says, and no snapshot is old enough. */
export function tenantTooOld(
  tenantId: string,
  why: string,
  earliest: number | undefined,
): EntError {
  if (earliest === undefined) {
    return targetTimeInvalid(
      `tenant ${tenantId} cannot be restored as it was at any time: there is no snapshot of it, and ${why}`,
      "Name the bucket or directory that its snapshots are in, or restore the other tenants by their ids.",
    );
  }
  return targetTimeInvalid(
    `tenant ${tenantId} cannot be restored as it was then: its oldest snapshot is of ${timeText(earliest)}, the earliest time that it can be had of, and ${why}`,
    `Name that time or a later one: entdb restore list-snapshots --tenant-id ${tenantId} shows what there is.`,
    { earliest_time: timeText(earliest) },
  );
}

function targetTimeInvalid(
  message: string,
  hint: string,
  details: Readonly<Record<string, string>> = {},
): EntError {
  const reason = "TARGET_TIME_INVALID";
  return new EntError({ code: "out_of_range", reason, message, hint, details });
}

function timeText(time: number): string {
  return new Date(time).toISOString();
}
