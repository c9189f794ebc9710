import { rm } from "node:fs/promises";
import type { ViewCopies } from "../applier/view-copies.ts";
import type { CancelSignal } from "../base/cancel-signal.ts";
import type { CatalogEntry } from "../store/reader/catalog-reader.ts";
import { damaged } from "../store/store-errors.ts";
import { readCopy } from "../store/view-copy.ts";
import type { Wal } from "../wal/wal.ts";
import { idOf } from "./manifest.ts";
import type { SnapshotShelf } from "./snapshot-shelf.ts";

export interface SnapshotCopiesDeps {
  readonly shelf: SnapshotShelf;
  readonly wal: Pick<Wal, "logId">;
  /** Told of a snapshot that cannot be used; an older one, or the records, do as well. */
  readonly failed: (error: unknown) => void;
}

/** Snapshots as what a damaged view is made again from. */
export class SnapshotCopies implements ViewCopies {
  readonly #deps: SnapshotCopiesDeps;

  constructor(deps: SnapshotCopiesDeps) {
    this.#deps = deps;
  }

  async place(
    life: Pick<CatalogEntry, "tenantId" | "incarnation">,
    before: number,
    directory: string,
    signal: CancelSignal,
  ): Promise<boolean> {
    const ids = await this.#trying(signal, () => this.#deps.shelf.ids(life.tenantId, signal));
    for (const id of (ids ?? []).reverse()) {
      const placing = () => this.#placeOne(life, id, before, directory, signal);
      if (await this.#trying(signal, placing)) return true;
    }
    return false;
  }

  async #placeOne(
    { tenantId, incarnation }: Pick<CatalogEntry, "tenantId" | "incarnation">,
    id: string,
    before: number,
    directory: string,
    signal: CancelSignal,
  ): Promise<boolean> {
    const { shelf, wal } = this.#deps;
    const manifest = await shelf.find(tenantId, id, signal);
    const isUsable =
      manifest !== undefined &&
      manifest.incarnation === incarnation &&
      manifest.logId === wal.logId &&
      manifest.offset < before;
    if (!isUsable) return false;
    await shelf.fetch(manifest, directory, signal);
    const { state } = readCopy(directory);
    if (state.appliedOffset === manifest.offset && state.logId === wal.logId) return true;
    await rm(directory, { recursive: true, force: true });
    throw damaged(directory, `the snapshot ${idOf(manifest)} holds other files than it says`);
  }

  /** What the work came to; undefined when it failed, which is told. */
  async #trying<T>(signal: CancelSignal, work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      signal.throwIfAborted();
      this.#deps.failed(error);
      return undefined;
    }
  }
}
