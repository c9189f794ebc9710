import type { Config } from "../config/options.ts";
import type { RateLimiterOptions } from "../tenant/rate-limiter.ts";

/** The rates that the settings ask for. */
export function ratesOf(config: Config): Pick<RateLimiterOptions, "tenant" | "credential"> {
  return {
    tenant: { perSecond: config.tenantRequestsPerSecond, burst: config.tenantRequestBurst },
    credential: {
      perSecond: config.credentialRequestsPerSecond,
      burst: config.credentialRequestBurst,
    },
  };
}
