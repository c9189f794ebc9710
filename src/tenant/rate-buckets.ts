/**
 * Where the tokens of rate limits are counted: in this thread, or in memory that several
 * threads share, so that a limit is the same for all of them together.
 */
import { leastRecentlyUsed } from "../base/least-recently-used.ts";
import { limits } from "../base/limits.ts";

/** `perSecond` 0: no limit. `burst` 0: as much as comes in a second. */
export interface Rate {
  readonly perSecond: number;
  readonly burst: number;
}

/** Fills up with `perSecond` tokens a second until it holds {@link size}. */
export interface Bucket {
  readonly size: number;
  /** Takes one; false when there is none. */
  take(): boolean;
  /** Gives back what was taken. */
  giveBack(): void;
  /** Until a token is there; 0: now. */
  readonly waitMs: number;
  /** Whole tokens that are there. */
  readonly tokens: number;
  /** Until it is full again. */
  readonly fullInMs: number;
}

export type BucketKind = "tenant" | "credential";

export interface RateBuckets {
  /** The bucket of that name as it stands now. One whose rate was changed begins anew, full. */
  bucketOf(kind: BucketKind, name: string, rate: Rate, nowMs: number): Bucket;
}

export function sizeOf({ perSecond, burst }: Rate): number {
  return Math.max(1, burst === 0 ? perSecond : burst);
}

/**
 * Of one thread. Buckets are made when they are first needed and forgotten when they have not
 * been for long; one that is forgotten was full by then, unless more than `limits.rateBuckets`
 * were in use at once.
 */
export class LocalRateBuckets implements RateBuckets {
  readonly #buckets = {
    tenant: leastRecentlyUsed<LocalBucket>(limits.rateBuckets),
    credential: leastRecentlyUsed<LocalBucket>(limits.rateBuckets),
  };

  bucketOf(kind: BucketKind, name: string, rate: Rate, nowMs: number): Bucket {
    const buckets = this.#buckets[kind];
    let bucket = buckets.get(name);
    if (bucket === undefined || !bucket.hasRate(rate)) {
      bucket = new LocalBucket(rate);
      buckets.set(name, bucket);
    }
    bucket.fill(nowMs);
    return bucket;
  }
}

/** Parts of a token that come and go with sums of fractions. */
const ROUNDING = 1e-6;

class LocalBucket implements Bucket {
  readonly size: number;
  readonly #rate: Rate;
  #tokens: number;
  #filledAtMs = Number.NEGATIVE_INFINITY;

  constructor(rate: Rate) {
    this.#rate = rate;
    this.size = sizeOf(rate);
    this.#tokens = this.size;
  }

  hasRate({ perSecond, burst }: Rate): boolean {
    return this.#rate.perSecond === perSecond && this.#rate.burst === burst;
  }

  /** Adds what has come back by now. */
  fill(nowMs: number): void {
    const passedMs = nowMs - this.#filledAtMs;
    this.#filledAtMs = nowMs;
    this.#tokens = Math.min(this.size, this.#tokens + (passedMs * this.#rate.perSecond) / 1000);
  }

  take(): boolean {
    if (this.waitMs > 0) return false;
    this.#tokens -= 1;
    return true;
  }

  giveBack(): void {
    this.#tokens += 1;
  }

  get waitMs(): number {
    const missing = 1 - this.#tokens;
    if (missing <= ROUNDING) return 0;
    return Math.ceil(((missing - ROUNDING) * 1000) / this.#rate.perSecond);
  }

  get tokens(): number {
    return Math.max(0, Math.floor(this.#tokens + ROUNDING));
  }

  get fullInMs(): number {
    return Math.ceil(((this.size - this.#tokens) * 1000) / this.#rate.perSecond);
  }
}
