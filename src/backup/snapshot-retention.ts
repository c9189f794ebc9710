/**
 * Which snapshots may go: those whose time is over, while a newer whole one of the same log and
 * life stays, so that every tenant keeps one from which archive and log go on; those of lives of
 * this log that are over; and what was cut off. Those of other logs stay until their time is
 * over. What cannot be read is nobody's to remove.
 */
import type { CancelSignal } from "../base/cancel-signal.ts";
import { EntError } from "../base/errors.ts";
import type { TenantStores } from "../store/tenant-stores.ts";
import { parseSnapshotId } from "./keys.ts";
import type { Manifest } from "./manifest.ts";
import type { SnapshotShelf } from "./snapshot-shelf.ts";

export interface RetentionDeps {
  readonly shelf: SnapshotShelf;
  readonly stores: TenantStores;
  readonly logId: string;
  /** 0: for ever. */
  readonly retentionDays: number;
  /** Told of a snapshot that cannot be judged, and therefore stays. */
  readonly failed: (error: unknown) => void;
}

const DAY_MS = 86_400_000;
/** What has no manifest after so long is not on its way any more. */
const UNFINISHED_MS = DAY_MS;

/** Removes what may go. */
export class SnapshotRetention {
  readonly #deps: RetentionDeps;

  constructor(deps: RetentionDeps) {
    this.#deps = deps;
  }

  /** Removes what may go, of all tenants. Rejects with what the place says; the rest goes the next time. */
  async apply(now: number, signal: CancelSignal): Promise<void> {
    for await (const tenantId of this.#deps.shelf.tenants(signal)) {
      await this.#applyTo(tenantId, now, signal);
    }
  }

  /**
   * Removes the snapshots of every life of the id that is over, and those without a manifest: a
   * crash has cut off their making or their removal, and what they hold may be what was to go.
   * No snapshot may be on its way meanwhile.
   */
  async removeEnded(tenantId: string, signal: CancelSignal): Promise<void> {
    const { shelf } = this.#deps;
    for (const id of await shelf.ids(tenantId, signal)) {
      const manifest = await this.#read(tenantId, id, signal);
      const isOver =
        manifest === undefined
          ? !(await shelf.hasManifest(tenantId, id, signal))
          : this.#isEnded(manifest);
      if (isOver) await shelf.remove(tenantId, id, signal);
    }
  }

  async #applyTo(tenantId: string, now: number, signal: CancelSignal): Promise<void> {
    const { shelf, retentionDays } = this.#deps;
    const expiry = retentionDays === 0 ? Number.NEGATIVE_INFINITY : now - retentionDays * DAY_MS;
    let hasNewer = false;
    for (const id of (await shelf.ids(tenantId, signal)).reverse()) {
      const time = parseSnapshotId(id) ?? now;
      const manifest = await this.#read(tenantId, id, signal);
      const isOver =
        manifest === undefined
          ? time < now - UNFINISHED_MS && !(await shelf.hasManifest(tenantId, id, signal))
          : this.#isEnded(manifest) || (time < expiry && (hasNewer || !this.#isOwn(manifest)));
      if (isOver) await shelf.remove(tenantId, id, signal);
      else hasNewer ||= manifest !== undefined && this.#isOwn(manifest);
    }
  }

  #isOwn({ logId }: Manifest): boolean {
    return logId === this.#deps.logId;
  }

  /** Whether the snapshot is of a life that has ended in this log. */
  #isEnded(manifest: Manifest): boolean {
    const { stores } = this.#deps;
    const { tenantId, incarnation } = manifest;
    if (!this.#isOwn(manifest)) return false;
    const living = stores.findEntry(tenantId)?.incarnation;
    if (living === incarnation) return false;
    return incarnation <= stores.catalog.lastIncarnation(tenantId);
  }

  async #read(tenantId: string, id: string, signal: CancelSignal): Promise<Manifest | undefined> {
    try {
      return await this.#deps.shelf.find(tenantId, id, signal);
    } catch (error) {
      const isItsOwn = error instanceof EntError && UNREADABLE.has(error.reason);
      if (!isItsOwn) throw error;
      this.#deps.failed(error);
      return undefined;
    }
  }
}

/** What is wrong with one manifest alone. */
const UNREADABLE: ReadonlySet<string> = new Set(["OBJECT_DAMAGED", "SNAPSHOT_FOREIGN"]);
