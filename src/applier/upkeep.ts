/**
 * What keeps restarts short, files small and damage no secret: the partition checkpoint at
 * every interval, write-ahead files folded into their databases before they grow, and every
 * file that has been opened read through once, one after the other, in a worker.
 */
import { statSync } from "node:fs";
import type { Clock } from "../base/clock.ts";
import type { Service } from "../base/service.ts";
import type { ReadWorkers } from "../store/reader/read-workers.ts";
import { damaged } from "../store/store-errors.ts";
import type { TenantStore } from "../store/tenant-store.ts";
import type { TenantStores } from "../store/tenant-stores.ts";
import type { Applier } from "./applier.ts";

export interface UpkeepDeps {
  readonly applier: Applier;
  readonly stores: TenantStores;
  readonly workers: ReadWorkers;
  readonly clock: Clock;
  readonly intervalMs: number;
  /** Told what could not be done this time; it is tried again at the next. */
  readonly failed: (what: string, cause: unknown) => void;
}

/** A write-ahead file larger than this is folded into its database, off the serving thread. */
const FOLD_BYTES = 8 * 1024 * 1024;
/** One that held so many pages starts anew, for which the applier stands still for a moment. */
const RESTART_PAGES = 16 * 1024;
/** Write-ahead files are looked at so often, whatever the time between checkpoints. */
const LOOK_MS = 1_000;

/** The loop that does this, once a second. */
export class Upkeep implements Service {
  readonly name = "upkeep";
  readonly #deps: UpkeepDeps;
  readonly #stop = new AbortController();
  /** When the write-ahead file had last changed before it was folded; an unchanged one is left alone. */
  readonly #foldedAt = new WeakMap<TenantStore, number>();
  readonly #checked = new WeakSet<TenantStore>();
  #running: Promise<void> | undefined;

  constructor(deps: UpkeepDeps) {
    this.#deps = deps;
  }

  run(): Promise<void> {
    this.#running ??= this.#loop();
    return this.#running;
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #loop(): Promise<void> {
    const { clock, intervalMs } = this.#deps;
    const { signal } = this.#stop;
    let due = clock.monotonic() + intervalMs;
    while (!signal.aborted) {
      await clock.sleep(Math.min(LOOK_MS, intervalMs), signal);
      if (signal.aborted) return;
      await this.#fold();
      await this.#checkNext();
      if (clock.monotonic() < due) continue;
      due = clock.monotonic() + intervalMs;
      await this.#checkpoint();
    }
  }

  async #checkpoint(): Promise<void> {
    try {
      await this.#deps.applier.checkpoint();
    } catch (error) {
      this.#deps.failed("the checkpoint could not be written", error);
    }
  }

  async #fold(): Promise<void> {
    for (const store of [...this.#deps.stores.allOpen()]) {
      const { bytes, changedAt } = lookAtWriteAhead(store);
      if (bytes < FOLD_BYTES || this.#foldedAt.get(store) === changedAt) continue;
      try {
        await this.#foldOne(store);
        this.#foldedAt.set(store, changedAt);
      } catch (error) {
        if (this.#stop.signal.aborted) return;
        this.#deps.failed("a write-ahead file could not be folded", error);
      }
    }
  }

  /** Finds damage in pages that nobody has asked for yet; the tenant is then made again from the log. */
  async #checkNext(): Promise<void> {
    const { stores, workers } = this.#deps;
    const store = [...stores.allOpen()].find((opened) => !this.#checked.has(opened));
    if (store === undefined) return;
    this.#checked.add(store);
    try {
      const said = await workers.run(store.readFile, { kind: "quick_check" }, this.#stop.signal);
      if (said !== "ok") stores.onTrouble(store.tenantId, damaged(store.file, said));
    } catch (error) {
      if (!this.#stop.signal.aborted) stores.onTrouble(store.tenantId, error);
    }
  }

  /**
   * While writes go on, a worker never gets to the file's end, and only from there can it
   * start anew. The second pass leaves so little that the last one fits between two of the
   * applier's transactions; made by a worker, it would lock the applier out for longer.
   */
  async #foldOne(store: TenantStore): Promise<void> {
    const { workers } = this.#deps;
    const { signal } = this.#stop;
    const pages = await workers.run(store.readFile, { kind: "fold" }, signal);
    if (pages < RESTART_PAGES) return;
    await workers.run(store.readFile, { kind: "fold" }, signal);
    if (!store.closed) store.finishFolding();
  }
}

function lookAtWriteAhead(store: TenantStore): { bytes: number; changedAt: number } {
  const file = statSync(`${store.file}-wal`, { throwIfNoEntry: false });
  return { bytes: file?.size ?? 0, changedAt: file?.mtimeMs ?? 0 };
}
