/**
 * What of the archive may go: days whose time is over, from the oldest on, as long as a snapshot
 * is kept from which what is left goes on. So every tenant always keeps one complete chain: of
 * one without a snapshot, everything. The newest day stays in any case, since the next segment
 * names the record before it.
 *
 * Of a segment the checksum goes first: what a crash leaves is a segment that does not count.
 */
import type { CancelSignal } from "../base/cancel-signal.ts";
import type { BlobStore } from "../blob/blob-store.ts";
import { archivedDays, type StoredSegment, segmentsOfDay } from "./archive-days.ts";
import { dayBounds, segmentKey } from "./keys.ts";
import { readFacts } from "./read-facts.ts";

export interface ArchiveRetentionDeps {
  readonly store: BlobStore;
  /** 0: for ever. */
  readonly retentionDays: number;
  /** The position of the oldest snapshot that is kept of the tenant; undefined: there is none. */
  readonly oldestSnapshot: (tenantId: string, signal: CancelSignal) => Promise<number | undefined>;
}

const DAY_MS = 86_400_000;

export class ArchiveRetention {
  readonly #deps: ArchiveRetentionDeps;

  constructor(deps: ArchiveRetentionDeps) {
    this.#deps = deps;
  }

  /** Removes what may go, of all tenants. Rejects with what the place says; the rest goes the next time. */
  async apply(now: number, signal: CancelSignal): Promise<void> {
    const { store, retentionDays } = this.#deps;
    if (retentionDays === 0) return;
    const expiry = now - retentionDays * DAY_MS;
    for await (const tenants of store.listFolders("archive/", signal)) {
      for (const tenantId of tenants) await this.#applyTo(tenantId, expiry, signal);
    }
  }

  async #applyTo(tenantId: string, expiry: number, signal: CancelSignal): Promise<void> {
    const { store, oldestSnapshot } = this.#deps;
    const days = (await archivedDays(store, tenantId, signal)).slice(0, -1);
    const over = days.filter((day) => dayBounds(day).before <= expiry);
    if (over.length === 0) return;
    const kept = await oldestSnapshot(tenantId, signal);
    if (kept === undefined) return;
    for (const day of over) {
      const stored = await segmentsOfDay(store, tenantId, day, signal);
      const last = stored.findLast(({ hasChecksum }) => hasChecksum);
      // A day of which no segment counts any more was being removed.
      const end = last && (await readFacts(store, last.name, signal)).lastOffset;
      if (end !== undefined && end > kept) return;
      await this.#remove(stored, signal);
    }
  }

  async #remove(stored: readonly StoredSegment[], signal: CancelSignal): Promise<void> {
    const { store } = this.#deps;
    for (const { name } of stored) {
      await store.delete(segmentKey(name, "checksum"), signal);
      await store.delete(segmentKey(name, "records"), signal);
    }
  }
}
