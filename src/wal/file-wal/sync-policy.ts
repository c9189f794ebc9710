import type { Clock } from "../../base/clock.ts";
import type { DiskFile } from "./disk.ts";

/**
 * Where a sync runs. On a pool thread, as a rule, so that the next batch gathers and reads
 * go on meanwhile. On the calling thread when nothing would gather anyway: a lone caller
 * has been alone for a while, and syncs are so quick that the hop to the pool and back is
 * a good part of them. One slow sync on the calling thread ends that for a long time, so
 * that a disk that stalls does not take the event loop along again and again.
 */
export class SyncPolicy {
  readonly #clock: Clock;
  /** Batches of one record, one after the other, with nothing waiting behind them. */
  #aloneBatches = 0;
  /** Running mean of what a sync takes. */
  #meanMs = Number.POSITIVE_INFINITY;
  /** Batches to go until the calling thread may be blocked again. */
  #penaltyBatches = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Syncs the file; `alone` says that the batch is a single record and nothing waits.
   * Undefined: done, on this thread. Throws or rejects with what the system says.
   */
  sync(file: DiskFile, alone: boolean): Promise<void> | undefined {
    this.#aloneBatches = alone ? this.#aloneBatches + 1 : 0;
    if (this.#penaltyBatches > 0) this.#penaltyBatches--;
    return this.#mayBlock() ? this.#syncHere(file) : this.#syncOnPool(file);
  }

  #mayBlock(): boolean {
    return (
      this.#aloneBatches > ALONE_BATCHES &&
      this.#meanMs <= QUICK_SYNC_MS &&
      this.#penaltyBatches === 0
    );
  }

  #syncHere(file: DiskFile): undefined {
    const begun = this.#clock.monotonic();
    file.syncNow();
    const tookMs = this.#clock.monotonic() - begun;
    this.#learn(tookMs);
    if (tookMs > STALL_MS) this.#penaltyBatches = PENALTY_BATCHES;
  }

  async #syncOnPool(file: DiskFile): Promise<void> {
    const begun = this.#clock.monotonic();
    await file.sync();
    this.#learn(this.#clock.monotonic() - begun);
  }

  #learn(tookMs: number): void {
    const known = Number.isFinite(this.#meanMs);
    this.#meanMs = known ? this.#meanMs + (tookMs - this.#meanMs) / MEAN_OVER_SYNCS : tookMs;
  }
}

/** So many batches of one show that the caller is alone; a single busy turn sends syncs back to the pool. */
export const ALONE_BATCHES = 8;
/** Above this a sync costs several times what the hop to a pool thread does. */
export const QUICK_SYNC_MS = 0.25;
/** A sync on the calling thread that takes longer is a stall… */
export const STALL_MS = 1;
/** …and for so many batches none is tried there again: at worst one stall in a thousand blocks the loop. */
export const PENALTY_BATCHES = 1_000;
const MEAN_OVER_SYNCS = 16;
