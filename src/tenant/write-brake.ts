import type { CancelSignal } from "../base/cancel-signal.ts";
import type { Clock } from "../base/clock.ts";
import { EntError } from "../base/errors.ts";

/** How much a tenant's writes are held up. */
export type Braking = "slow" | "stop";

const SLOW_MS = 50;

/**
 * Holds up the writes of single tenants while something needs them to be few: a copy of their
 * files, during which the write-ahead file only grows. Everybody else writes as ever.
 */
export class WriteBrake {
  readonly #clock: Clock;
  readonly #pressed = new Map<string, Braking>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** From here on the tenant's writes are held up so much; undefined: not at all. */
  press(tenantId: string, braking: Braking | undefined): void {
    if (braking === undefined) this.#pressed.delete(tenantId);
    else this.#pressed.set(tenantId, braking);
  }

  /** Resolves when a write may go on, or its signal aborts; undefined: at once. Throws OVERLOADED, retryable. */
  hold(tenantId: string, signal: CancelSignal): Promise<void> | undefined {
    const braking = this.#pressed.get(tenantId);
    if (braking === undefined) return undefined;
    if (braking === "stop") throw stopped(tenantId);
    return this.#clock.sleep(SLOW_MS, signal);
  }
}

function stopped(tenantId: string): EntError {
  return new EntError({
    code: "resource_exhausted",
    reason: "OVERLOADED",
    message: `Tenant ${tenantId} takes no writes until its snapshot is made: too much was written meanwhile.`,
    hint: "Try again in a moment; the snapshot goes on.",
    details: { tenant_id: tenantId },
    retryable: true,
  });
}
