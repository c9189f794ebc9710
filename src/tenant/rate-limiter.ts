/**
 * Token buckets for requests: one for each tenant, one for each credential. A bucket fills up
 * with `perSecond` tokens a second until it holds `burst`; a request takes one of each bucket
 * that concerns it, or none at all when one of them is empty.
 *
 * Buckets are made when they are first needed and forgotten when they have not been for long;
 * one that is forgotten was full by then, unless more than `limits.rateBuckets` were in use at
 * once. Nothing here waits, and nothing is counted while no limit is set.
 */
import type { LRUCache } from "lru-cache";
import type { Clock } from "../base/clock.ts";
import { leastRecentlyUsed } from "../base/least-recently-used.ts";
import { limits } from "../base/limits.ts";
import type { Caller } from "../record/caller.ts";
import type { TenantLimits } from "../record/transaction.ts";

/** `perSecond` 0: no limit. `burst` 0: as much as comes in a second. */
export interface Rate {
  readonly perSecond: number;
  readonly burst: number;
}

export interface RateLimiterOptions {
  readonly clock: Clock;
  /** Of a tenant that has no limits of its own. */
  readonly tenant: Rate;
  readonly credential: Rate;
  /** A tenant's own limits; undefined members: the server's. */
  readonly limitsOf: (tenantId: string) => TenantLimits | undefined;
}

/** How the emptier of the two buckets stands: the one that a client runs into first. */
export interface Pace {
  readonly limit: number;
  /** Requests that may follow at once. */
  readonly remaining: number;
  /** Until the bucket is full again. */
  readonly resetMs: number;
  /** Until the next request may pass; 0: this one has, and took its token. */
  readonly waitMs: number;
  readonly whose: "tenant" | "credential";
}

export class RateLimiter {
  readonly #options: RateLimiterOptions;
  readonly #tenants = leastRecentlyUsed<Bucket>(limits.rateBuckets);
  readonly #credentials = leastRecentlyUsed<Bucket>(limits.rateBuckets);

  constructor(options: RateLimiterOptions) {
    this.#options = options;
  }

  /** Takes a request, or nothing where it may not pass. Undefined when nothing limits it. */
  take({ tenantId, credential }: Pick<Caller, "tenantId" | "credential">): Pace | undefined {
    const byTenant =
      tenantId === "" ? undefined : bucketOf(this.#tenants, tenantId, this.#rateOf(tenantId));
    const byCredential =
      credential === ""
        ? undefined
        : bucketOf(this.#credentials, credential, this.#options.credential);
    if (byTenant === undefined && byCredential === undefined) return undefined;
    const now = this.#options.clock.monotonic();
    byTenant?.fill(now);
    byCredential?.fill(now);
    if ((byTenant?.waitMs ?? 0) === 0 && (byCredential?.waitMs ?? 0) === 0) {
      byTenant?.take();
      byCredential?.take();
      const [tenant, own] = [byTenant?.state("tenant", 0), byCredential?.state("credential", 0)];
      return tighter(tenant, own);
    }
    return slower(
      byTenant?.state("tenant", byTenant.waitMs),
      byCredential?.state("credential", byCredential.waitMs),
    );
  }

  #rateOf(tenantId: string): Rate {
    const { tenant, limitsOf } = this.#options;
    const own = limitsOf(tenantId);
    if (own === undefined) return tenant;
    const perSecond = own.requestsPerSecond ?? tenant.perSecond;
    return { perSecond, burst: own.requestBurst ?? tenant.burst };
  }
}

/** Undefined where there is no limit. A bucket whose rate was changed begins anew, full. */
function bucketOf(buckets: LRUCache<string, Bucket>, key: string, rate: Rate): Bucket | undefined {
  if (rate.perSecond === 0) return undefined;
  const known = buckets.get(key);
  if (known?.hasRate(rate)) return known;
  const bucket = new Bucket(rate);
  buckets.set(key, bucket);
  return bucket;
}

/** Parts of a token that come and go with sums of fractions. */
const ROUNDING = 1e-6;

class Bucket {
  readonly #rate: Rate;
  readonly #size: number;
  #tokens: number;
  #filledAtMs = Number.NEGATIVE_INFINITY;

  constructor(rate: Rate) {
    this.#rate = rate;
    this.#size = Math.max(1, rate.burst === 0 ? rate.perSecond : rate.burst);
    this.#tokens = this.#size;
  }

  hasRate({ perSecond, burst }: Rate): boolean {
    return this.#rate.perSecond === perSecond && this.#rate.burst === burst;
  }

  /** Until a token is there; 0: now. */
  get waitMs(): number {
    const missing = 1 - this.#tokens;
    if (missing <= ROUNDING) return 0;
    return Math.ceil(((missing - ROUNDING) * 1000) / this.#rate.perSecond);
  }

  /** To be called when {@link waitMs} is 0. */
  take(): void {
    this.#tokens -= 1;
  }

  state(whose: Pace["whose"], waitMs: number): Pace {
    const missing = this.#size - this.#tokens;
    return {
      limit: this.#size,
      remaining: Math.max(0, Math.floor(this.#tokens + ROUNDING)),
      resetMs: Math.ceil((missing * 1000) / this.#rate.perSecond),
      waitMs,
      whose,
    };
  }

  /** Adds what has come back by now. */
  fill(nowMs: number): void {
    const passedMs = nowMs - this.#filledAtMs;
    this.#filledAtMs = nowMs;
    this.#tokens = Math.min(this.#size, this.#tokens + (passedMs * this.#rate.perSecond) / 1000);
  }
}

function tighter(a: Pace | undefined, b: Pace | undefined): Pace | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return a.remaining <= b.remaining ? a : b;
}

function slower(a: Pace | undefined, b: Pace | undefined): Pace | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return a.waitMs >= b.waitMs ? a : b;
}
