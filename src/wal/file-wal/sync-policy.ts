import type { Clock } from "../../base/clock.ts";
import type { KeepAwake } from "../../base/keep-awake.ts";
import type { DiskFile } from "./disk.ts";

/** What keeps the processor from halting during a sync. */
export type Awake = Pick<KeepAwake, "begin" | "end">;

/**
 * Where a sync runs. On a pool thread, as a rule, so that the next batch gathers and reads
 * go on meanwhile. On the calling thread when nothing would gather anyway: the same few callers
 * have been alone for a while, and syncs are so quick that the hop to the pool and back is
 * a good part of them. One slow sync on the calling thread ends that for a while, so
 * that a disk that stalls does not take the event loop along again and again.
 */
export class SyncPolicy {
  readonly #clock: Clock;
  readonly #awake: Awake | undefined;
  /** Batches of all callers there were, one after the other, with nothing waiting behind them. */
  #aloneBatches = 0;
  /** Running mean of what a sync takes. */
  #meanMs = Number.POSITIVE_INFINITY;
  /** Batches to go until the calling thread may be blocked again. */
  #penaltyBatches = 0;

  /** `awake` is told of every sync. */
  constructor(clock: Clock, awake?: Awake) {
    this.#clock = clock;
    this.#awake = awake;
  }

  /**
   * Syncs the file; `alone` says that the batch is of the few callers there are, all of them, and nothing waits.
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
    const begun = this.#begin();
    try {
      file.syncNow();
    } finally {
      this.#awake?.end();
    }
    const tookMs = this.#clock.monotonic() - begun;
    this.#learn(tookMs);
    if (tookMs > STALL_MS) this.#penaltyBatches = PENALTY_BATCHES;
  }

  async #syncOnPool(file: DiskFile): Promise<void> {
    const begun = this.#begin();
    try {
      await file.sync();
    } finally {
      this.#awake?.end();
    }
    this.#learn(this.#clock.monotonic() - begun);
  }

  #begin(): number {
    this.#awake?.begin();
    return this.#clock.monotonic();
  }

  /** One that stalls counts as merely slow: how quick the disk is as a rule is told by the others. */
  #learn(tookMs: number): void {
    const learntMs = Math.min(tookMs, 2 * QUICK_SYNC_MS);
    const known = Number.isFinite(this.#meanMs);
    this.#meanMs = known ? this.#meanMs + (learntMs - this.#meanMs) / MEAN_OVER_SYNCS : learntMs;
  }
}

/** So many batches show that its callers are alone; a single busy turn sends syncs back to the pool. */
export const ALONE_BATCHES = 8;
/**
 * Above this a sync costs several times what the hop to a pool thread does. The hop is a part of
 * what is known of syncs on the pool; on a virtual machine, whose processors halt meanwhile, it is
 * 0.1 to 0.2 ms, and as much again of processor time.
 */
export const QUICK_SYNC_MS = 0.6;
/** A sync on the calling thread that takes longer is a stall: much more than the one in a hundred that a quick disk takes a millisecond for… */
export const STALL_MS = 5;
/** …and for so many batches, as stalls come together, none is tried there again: at worst one batch in a hundred blocks the loop. */
export const PENALTY_BATCHES = 100;
const MEAN_OVER_SYNCS = 16;
