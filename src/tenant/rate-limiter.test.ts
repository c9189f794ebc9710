import { describe, expect, test } from "bun:test";
import { FakeClock } from "../../test/harness/fake-clock.ts";
import { refusal } from "../../test/harness/refusal.ts";
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
    const refused = refusal(() => rates.take(acme));
    expect(refused.reason).toBe("RATE_LIMITED");
    expect(refused.retryAfterMs).toBe(100);
    clock.advance(99);
    expect(refusal(() => rates.take(acme)).retryAfterMs).toBe(1);
    clock.advance(1);
    expect(rates.take(acme)?.remaining).toBe(0);
    refusal(() => rates.take(acme));
  });

  test("is never fuller than its burst, however long nobody comes", () => {
    const { clock, rates } = limiter({ tenant: { perSecond: 10, burst: 3 } });
    clock.advance(1_000_000);
    expect(rates.take(acme)).toEqual({ limit: 3, remaining: 2, resetMs: 100 });
  });

  test("without a burst holds what comes in a second", () => {
    const { rates } = limiter({ tenant: { perSecond: 2, burst: 0 } });
    expect(rates.take(acme)?.limit).toBe(2);
  });

  test("is each tenant's own", () => {
    const { rates } = limiter({ tenant: { perSecond: 1, burst: 1 } });
    rates.take(acme);
    expect(rates.take({ tenantId: "other", credential: "" })?.remaining).toBe(0);
    refusal(() => rates.take(acme));
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
    expect(refusal(() => rates.take({ ...first, tenantId: "b" })).details["limited"]).toBe(
      "credential",
    );
    expect(refusal(() => rates.take(first)).details["limited"]).toBe("credential");
    expect(rates.take({ ...first, credential: "key:2" })?.remaining).toBe(0);
  });

  test("of a tenant's own come before the server's, 0 takes them off, and a change holds at once", () => {
    let own: TenantLimits | undefined = { requestsPerSecond: 5, requestBurst: 2 };
    const { rates } = limiter({ tenant: { perSecond: 1, burst: 1 } }, () => own);
    expect(rates.take(acme)?.limit).toBe(2);
    own = { requestsPerSecond: undefined, requestBurst: undefined };
    expect(rates.take(acme)?.limit).toBe(1);
    refusal(() => rates.take(acme));
    own = { requestsPerSecond: 0, requestBurst: undefined };
    expect(rates.take(acme)).toBeUndefined();
  });
});
