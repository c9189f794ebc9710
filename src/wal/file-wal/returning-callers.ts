import type { Clock } from "../../base/clock.ts";
import { turn } from "../../base/turn.ts";
import { Worthwhile } from "../../base/worthwhile.ts";

/**
 * Lets the next batch wait for the callers of the last one, while they are few. Each of them asks
 * again as soon as it is answered; begun without them, the batch holds those who came meanwhile, and
 * from then on two halves take turns, at twice the batches. With few records a batch costs
 * several times what they do: what it touches has gone cold, and the commit of a view writes its pages.
 *
 * Nobody waits long: {@link returnMs} behind the answers at most. Where callers do not come back in
 * that time, as over a wide network, most batches do not wait for any ({@link Worthwhile}).
 */
export class ReturningCallers {
  readonly #clock: Pick<Clock, "monotonic">;
  /** As many appends as there were under way when the last batch was durable. */
  #expected = 0;
  #answeredAtMs = Number.NEGATIVE_INFINITY;
  readonly #worthwhile = new Worthwhile();

  constructor(clock: Pick<Clock, "monotonic">) {
    this.#clock = clock;
  }

  /** A batch of so many is durable, and so many others have gathered. {@link answered} follows. */
  durable(batch: number, waiting: number): void {
    this.#expected = batch + waiting;
    this.#answeredAtMs = Number.POSITIVE_INFINITY;
  }

  /** The callers of that batch have been answered. */
  answered(): void {
    this.#answeredAtMs = this.#clock.monotonic();
  }

  /** Whether a batch of so many is of all callers there are, and these are few enough to hold the calling thread up for. */
  areAllOfFew(batch: number): boolean {
    return batch <= VERY_FEW && batch >= this.#expected;
  }

  /** Resolves when a batch had better begin with what waits by then. Undefined: at once. */
  gather(waiting: Waiting): Promise<void> | undefined {
    if (this.#expected > FEW || this.#isEnough(waiting) || this.#isLate()) return undefined;
    return this.#worthwhile.isTried() ? this.#wait(waiting) : undefined;
  }

  async #wait(waiting: Waiting): Promise<void> {
    for (let turns = 0; turns < TURNS_MAX && !this.#isLate(); turns++) {
      await turn();
      if (this.#isEnough(waiting)) return this.#worthwhile.paid();
    }
    this.#worthwhile.missed();
  }

  #isEnough({ length, bytes }: Waiting): boolean {
    return length >= this.#expected || bytes >= MUCH_BYTES;
  }

  #isLate(): boolean {
    return this.#clock.monotonic() >= this.#answeredAtMs + returnMs(this.#expected);
  }
}

/** Appends that wait for the next batch; bytes are those of their bodies. */
export interface Waiting {
  readonly length: number;
  readonly bytes: number;
}

/**
 * So much is work enough for a batch, however few brought it: hundreds of events or nodes. Their
 * halves rather work while the other's sync runs.
 */
export const MUCH_BYTES = 32 * 1024;

/** More callers than these fill batches that are worth their cost; their halves rather work while the other's sync runs. */
export const FEW = 32;

/** So few callers leave the thread that serves them idle while their batch syncs. */
export const VERY_FEW = 4;

/** Who is on this machine or next to it has asked again by then: what the way takes, and a little for each to be answered and read. */
export function returnMs(callers: number): number {
  return 0.25 + 0.03 * callers;
}

/** So many turns of the event loop take longer than that, whatever the clock says. */
const TURNS_MAX = 1_000;
