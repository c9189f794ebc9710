/**
 * Token buckets for requests: one for each tenant, one for each credential. A bucket fills up
 * with `perSecond` tokens a second until it holds `burst`; a request takes one of each bucket
 * that concerns it, or none at all when one of them is empty.
 *
 * Nothing here waits, and nothing is counted while no limit is set.
 */
import type { Clock } from "../base/clock.ts";
import type { Caller } from "../record/caller.ts";
import type { TenantLimits } from "../record/transaction.ts";
import { type Bucket, LocalRateBuckets, type Rate, type RateBuckets } from "./rate-buckets.ts";

export interface RateLimiterOptions {
  readonly clock: Clock;
  /** Of a tenant that has no limits of its own. */
  readonly tenant: Rate;
  readonly credential: Rate;
  /** A tenant's own limits; undefined members: the server's. */
  readonly limitsOf: (tenantId: string) => TenantLimits | undefined;
  /** Where the tokens are counted. Defaults to this thread. */
  readonly buckets?: RateBuckets;
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
  readonly #buckets: RateBuckets;

  constructor(options: RateLimiterOptions) {
    this.#options = options;
    this.#buckets = options.buckets ?? new LocalRateBuckets();
  }

  /** Takes a request, or nothing where it may not pass. Undefined when nothing limits it. */
  take({ tenantId, credential }: Pick<Caller, "tenantId" | "credential">): Pace | undefined {
    const ofTenant = tenantId === "" ? UNLIMITED : this.#rateOf(tenantId);
    const ofCredential = credential === "" ? UNLIMITED : this.#options.credential;
    if (ofTenant.perSecond === 0 && ofCredential.perSecond === 0) return undefined;
    const now = this.#options.clock.monotonic();
    const byTenant = this.#bucketOf("tenant", tenantId, ofTenant, now);
    const byCredential = this.#bucketOf("credential", credential, ofCredential, now);
    const passed = takeBoth(byTenant, byCredential);
    const tenant = byTenant && paceOf(byTenant, "tenant", passed);
    const own = byCredential && paceOf(byCredential, "credential", passed);
    return passed ? tighter(tenant, own) : slower(tenant, own);
  }

  #bucketOf(kind: Pace["whose"], name: string, rate: Rate, now: number): Bucket | undefined {
    return rate.perSecond === 0 ? undefined : this.#buckets.bucketOf(kind, name, rate, now);
  }

  #rateOf(tenantId: string): Rate {
    const { tenant, limitsOf } = this.#options;
    const own = limitsOf(tenantId);
    if (own === undefined) return tenant;
    const perSecond = own.requestsPerSecond ?? tenant.perSecond;
    return { perSecond, burst: own.requestBurst ?? tenant.burst };
  }
}

const UNLIMITED: Rate = { perSecond: 0, burst: 0 };

/** One of each, or none at all. */
function takeBoth(a: Bucket | undefined, b: Bucket | undefined): boolean {
  if (a?.take() === false) return false;
  if (b?.take() !== false) return true;
  a?.giveBack();
  return false;
}

function paceOf(bucket: Bucket, whose: Pace["whose"], passed: boolean): Pace {
  const { size: limit, tokens: remaining, fullInMs: resetMs, waitMs } = bucket;
  return { limit, remaining, resetMs, waitMs: passed ? 0 : waitMs, whose };
}

function tighter(a: Pace | undefined, b: Pace | undefined): Pace | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return a.remaining <= b.remaining ? a : b;
}

function slower(a: Pace | undefined, b: Pace | undefined): Pace | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return a.waitMs >= b.waitMs ? a : b;
}
