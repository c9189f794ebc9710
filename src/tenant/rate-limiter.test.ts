import { describe, expect, test } from "bun:test";
import { FakeClock } from "../../test/harness/fake-clock.ts";
import { limits } from "../base/limits.ts";
import type { TenantLimits } from "../record/transaction.ts";
import { type Rate, RateLimiter } from "./rate-limiter.ts";

const NONE: Rate = { perSecond: 0, burst: 0 };

function limiter(
  rates: { readonly tenant?: Rate; readonly credential?: Rate },
  limitsOf: (tenantId: string) => TenantLimits | undefined = () => undefined,
) {
  const clock = new FakeClock();
  const { tenant = NONE, credential = NONE } = rates;
  return { clock, rates: new RateLimiter({ clock, tenant, credential, limitsOf }) };
}

const acme = { tenantId: "acme", credential: "" };

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

test("buckets are forgotten when more come than are counted at once", () => {
  const { rates } = limiter({ tenant: { perSecond: 1, burst: 1 } });
  const take = (i: number) => rates.take({ tenantId: `t${i}`, credential: "" })?.waitMs;
  for (let i = 0; i < limits.rateBuckets; i++) expect(take(i)).toBe(0);
  expect(take(0)).toBe(1000);
  expect(take(limits.rateBuckets)).toBe(0);
  // The one that came first again is still counted; the one that was used longest ago is not.
  expect(take(0)).toBe(1000);
  expect(take(1)).toBe(0);
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
