/**
 * When a call is tried again: only where that is safe, only while the budget lasts, and after
 * a random pause, so that clients that failed together do not come back together.
 */
import type { EntDBError } from "../errors/entdb-error.ts";
import { checkedNumber } from "../values/checked-number.ts";

/** How often and how fast calls are tried again. */
export interface RetryOptions {
  /** Tries of one call, the first included. Defaults to 5; 1 never tries again. */
  readonly maxAttempts?: number;
  /** The longest first pause, in milliseconds; it doubles each time. Defaults to 100. */
  readonly baseDelayMs?: number;
  /** No pause is longer, in milliseconds, unless the server asks for it. Defaults to 2,000. */
  readonly maxDelayMs?: number;
  /**
   * Retries that the client may spend in a row, over all its calls. Every ten calls that succeed give
   * one back. Defaults to 500.
   */
  readonly budget?: number;
}

/**
 * What repeating a call may do. "safe": reads, and writes with an idempotency key, however they
 * ended. "unsent": only where nothing can have happened.
 */
export type Repeatable = "safe" | "unsent";

const MAX_ATTEMPTS = 5;
const BASE_DELAY_MS = 100;
const MAX_DELAY_MS = 2_000;
const BUDGET = 500;
const EARNED_BY_SUCCESS = 0.1;

/** Reasons after which nothing can have happened. */
const NOTHING_HAPPENED: ReadonlySet<string> = new Set([
  "CONNECTION_REFUSED",
  "OVERLOADED",
  "RATE_LIMITED",
  "LOG_UNAVAILABLE",
]);

/** The policy of one client, and what is left of its budget. */
export class Retries {
  readonly #maxAttempts: number;
  readonly #baseDelayMs: number;
  readonly #maxDelayMs: number;
  readonly #budget: number;
  readonly #random: () => number;
  #left: number;

  /** Throws {@link InvalidArgumentError} for a policy that cannot be. */
  constructor(options: RetryOptions, random: () => number) {
    const { maxAttempts, baseDelayMs, maxDelayMs, budget } = options;
    this.#maxAttempts = checkedNumber("retry.maxAttempts", maxAttempts ?? MAX_ATTEMPTS, 1);
    this.#baseDelayMs = checkedNumber("retry.baseDelayMs", baseDelayMs ?? BASE_DELAY_MS, 0);
    this.#maxDelayMs = checkedNumber("retry.maxDelayMs", maxDelayMs ?? MAX_DELAY_MS, 0);
    this.#budget = checkedNumber("retry.budget", budget ?? BUDGET, 0);
    this.#left = this.#budget;
    this.#random = random;
  }

  /** A call succeeded: something comes back into the budget. */
  succeeded(): void {
    if (this.#left < this.#budget)
      this.#left = Math.min(this.#budget, this.#left + EARNED_BY_SUCCESS);
  }

  /**
   * How long to wait before the call is tried again, in milliseconds; undefined when it is not.
   * `attempt` counts from 1 and has failed.
   */
  delayAfter(attempt: number, error: EntDBError, repeatable: Repeatable): number | undefined {
    if (attempt >= this.#maxAttempts || !error.retryable || this.#left < 1) return undefined;
    if (repeatable === "unsent" && !NOTHING_HAPPENED.has(error.reason)) return undefined;
    this.#left -= 1;
    return this.delay(attempt, error.retryAfterMs);
  }

  /** A random pause, no shorter than the server asked for. For streams, which are resumed without a budget. */
  delay(attempt: number, atLeastMs = 0): number {
    const longest = Math.min(this.#maxDelayMs, this.#baseDelayMs * 2 ** (attempt - 1));
    return Math.max(atLeastMs, this.#random() * longest);
  }
}
