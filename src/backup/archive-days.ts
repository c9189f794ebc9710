import type { CancelSignal } from "../base/cancel-signal.ts";
import type { BlobStore } from "../blob/blob-store.ts";
import { archivePrefix, dayPrefix, isDay, parseSegmentKey, type SegmentName } from "./keys.ts";

/** A segment of a day, with what is there of it. */
export interface StoredSegment {
  readonly name: SegmentName;
  readonly hasRecords: boolean;
  readonly hasChecksum: boolean;
}

/** The days of which a tenant has an archive, oldest first. */
export async function archivedDays(
  store: BlobStore,
  tenantId: string,
  signal: CancelSignal,
): Promise<string[]> {
  const days: string[] = [];
  for await (const page of store.listFolders(archivePrefix(tenantId), signal)) {
    days.push(...page.filter(isDay));
  }
  return days;
}

/** The segments of a day, by their numbers. Objects that are none of ours are passed over. */
export async function segmentsOfDay(
  store: BlobStore,
  tenantId: string,
  day: string,
  signal: CancelSignal,
): Promise<StoredSegment[]> {
  const byNumber = new Map<number, StoredSegment>();
  for await (const page of store.list(dayPrefix(tenantId, day), signal)) {
    for (const { key } of page) {
      const parsed = parseSegmentKey(key);
      if (parsed === undefined) continue;
      const { name, part } = parsed;
      const known = byNumber.get(name.number);
      byNumber.set(name.number, {
        name,
        hasRecords: part === "records" || (known?.hasRecords ?? false),
        hasChecksum: part === "checksum" || (known?.hasChecksum ?? false),
      });
    }
  }
  return [...byNumber.values()].sort((a, b) => a.name.number - b.name.number);
}
