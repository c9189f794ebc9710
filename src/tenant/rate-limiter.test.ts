import { describe, expect, test } from "bun:test";
import { FakeClock } from "../../test/harness/fake-clock.ts";
import { limits } from "../base/limits.ts";
import type { TenantLimits } from "../record/transaction.ts";
import { LocalRateBuckets, type Rate, type RateBuckets } from "./rate-buckets.ts";
import { RateLimiter } from "./rate-limiter.ts";
import { SharedRateBuckets } from "./shared-rate-buckets.ts";

const NONE: Rate = { perSecond: 0, burst: 0 };

type Rates = { readonly tenant?: Rate; readonly credential?: Rate };
type LimitsOf = (tenantId: string) => TenantLimits | undefined;

function limiterOver(makeBuckets: () => RateBuckets) {
  return (rates: Rates, limitsOf: LimitsOf = () => undefined) => {
    const clock = new FakeClock();
    const { tenant = NONE, credential = NONE } = rates;
    const options = { clock, tenant, credential, limitsOf, buckets: makeBuckets() };
    return { clock, rates: new RateLimiter(options) };
  };
}

const sharedBuckets = () =>
  new SharedRateBuckets(new SharedArrayBuffer(SharedRateBuckets.bytes), 1n);
const BUCKETS = [
  ["of one thread", () => new LocalRateBuckets()],
  ["that threads share", sharedBuckets],
] as const;

const acme = { tenantId: "acme", credential: "" };

describe.each(BUCKETS)("buckets %s", (_, makeBuckets) => {
  const limiter = limiterOver(makeBuckets);

  describe("a bucket", () => {
    test("lets a burst through, then as many as come back", () => {
      const { clock, rates } = limiter({ tenant: { perSecond: 10, burst: 3 } });
      for (let left = 2; left >= 0; left--) expect(rates.take(acme)?.remaining).toBe(left);
      expect(rates.take(acme)).toMatchObject({ waitMs: 100, remaining: 0, whose: "tenant" });
      clock.advance(99);
      expect(rates.take(acme)?.waitMs).toBe(1);
      clock.advance(1);
      expect(rates.take(acme)).toMatchObject({ waitMs: 0, remaining: 0 });
      expect(rates.take(acme)?.waitMs).toBe(100);
    });

    test("is never fuller than its burst, however long nobody comes", () => {
      const { clock, rates } = limiter({ tenant: { perSecond: 10, burst: 3 } });
      clock.advance(1_000_000);
      expect(rates.take(acme)).toMatchObject({ limit: 3, remaining: 2, resetMs: 100, waitMs: 0 });
    });

    test("without a burst holds what comes in a second", () => {
      const { rates } = limiter({ tenant: { perSecond: 2, burst: 0 } });
      expect(rates.take(acme)?.limit).toBe(2);
    });

    test("is each tenant's own", () => {
      const { rates } = limiter({ tenant: { perSecond: 1, burst: 1 } });
      rates.take(acme);
      expect(rates.take({ tenantId: "other", credential: "" })?.waitMs).toBe(0);
      expect(rates.take(acme)?.waitMs).toBe(1000);
    });
  });

  describe("limits", () => {
    test("are off until they are set", () => {
      expect(limiter({}).rates.take({ tenantId: "acme", credential: "key:1" })).toBeUndefined();
    });

    test("of a credential hold for it in whatever tenant, and take nothing of the tenant's when they refuse", () => {
      const { rates } = limiter({
        tenant: { perSecond: 1, burst: 2 },
        credential: { perSecond: 1, burst: 1 },
      });
      const first = { tenantId: "acme", credential: "key:1" };
      rates.take(first);
      const refused = { waitMs: 1000, whose: "credential" };
      expect(rates.take({ ...first, tenantId: "b" })).toMatchObject(refused);
      expect(rates.take(first)).toMatchObject(refused);
      expect(rates.take({ ...first, credential: "key:2" })?.waitMs).toBe(0);
    });

    test("of a tenant's own come before the server's, 0 takes them off, and a change holds at once", () => {
      let own: TenantLimits | undefined = { requestsPerSecond: 5, requestBurst: 2 };
      const { rates } = limiter({ tenant: { perSecond: 1, burst: 1 } }, () => own);
      expect(rates.take(acme)?.limit).toBe(2);
      own = { requestsPerSecond: undefined, requestBurst: undefined };
      expect(rates.take(acme)?.limit).toBe(1);
      expect(rates.take(acme)?.waitMs).toBe(1000);
      own = { requestsPerSecond: 0, requestBurst: undefined };
      expect(rates.take(acme)).toBeUndefined();
    });
  });
});

test("buckets are forgotten when more come than are counted at once", () => {
  const { rates } = limiterOver(() => new LocalRateBuckets())({
    tenant: { perSecond: 1, burst: 1 },
  });
  const take = (i: number) => rates.take({ tenantId: `t${i}`, credential: "" })?.waitMs;
  for (let i = 0; i < limits.rateBuckets; i++) expect(take(i)).toBe(0);
  expect(take(0)).toBe(1000);
  expect(take(limits.rateBuckets)).toBe(0);
  // The one that came first again is still counted; the one that was used longest ago is not.
  expect(take(0)).toBe(1000);
  expect(take(1)).toBe(0);
});

describe("shared buckets", () => {
  const rate = { perSecond: 1, burst: 3 };

  test("are one for everybody who has the memory", () => {
    const memory = new SharedArrayBuffer(SharedRateBuckets.bytes);
    const [a, b] = [new SharedRateBuckets(memory, 7n), new SharedRateBuckets(memory, 7n)];
    const take = (buckets: SharedRateBuckets) =>
      buckets.bucketOf("tenant", "acme", rate, 1_000).take();
    expect([take(a), take(b), take(a), take(b), take(a)]).toEqual([true, true, true, false, false]);
  });

  test("give back what only one of two buckets had", () => {
    const buckets = sharedBuckets();
    const bucket = () => buckets.bucketOf("tenant", "acme", rate, 1_000);
    bucket().take();
    bucket().giveBack();
    expect(bucket()).toMatchObject({ tokens: 3, fullInMs: 0 });
  });

  test("forget one only when there is no place left for another", () => {
    const buckets = sharedBuckets();
    const take = (i: number) => buckets.bucketOf("tenant", `t${i}`, { perSecond: 1, burst: 1 }, 1);
    for (let i = 0; i < limits.rateBuckets * 2; i++) expect(take(i).take()).toBe(true);
    let forgotten = 0;
    for (let i = 0; i < limits.rateBuckets * 2; i++) if (take(i).waitMs === 0) forgotten++;
    expect(forgotten).toBe(0);
  });
});
