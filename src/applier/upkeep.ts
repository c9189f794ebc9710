/**
 * What keeps restarts short and files small: the partition checkpoint at every interval,
 * and write-ahead files folded into their databases before they grow.
 */
import { statSync } from "node:fs";
import type { Clock } from "../base/clock.ts";
import type { Service } from "../base/service.ts";
import type { ReadWorkers } from "../store/reader/read-workers.ts";
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
/** One that has grown to this is folded wholly, for which its tenant's next write waits a moment. */
const RESTART_BYTES = 64 * 1024 * 1024;
/** Write-ahead files are looked at so often, whatever the time between checkpoints. */
const LOOK_MS = 1_000;

/** The loop that does this, once a second. */
export class Upkeep implements Service {
  readonly name = "upkeep";
  readonly #deps: UpkeepDeps;
  readonly #stop = new AbortController();
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
      const bytes = writeAheadBytes(store);
      if (bytes < FOLD_BYTES) continue;
      const work = { kind: "fold", restart: bytes >= RESTART_BYTES } as const;
      try {
        await this.#deps.workers.run(store.readFile, work, this.#stop.signal);
      } catch (error) {
        if (this.#stop.signal.aborted) return;
        this.#deps.failed("a write-ahead file could not be folded", error);
      }
    }
  }
}

function writeAheadBytes(store: TenantStore): number {
  return statSync(`${store.file}-wal`, { throwIfNoEntry: false })?.size ?? 0;
}
