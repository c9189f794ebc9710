import type { SeededRandom } from "../../harness/seeded-random.ts";
import { CALLS, type Call } from "../bed/strace.ts";

/** Where to begin to look for the last call of a kind. */
const FURTHEST = 16;

/**
 * Which call is the last one: each kind in turns, early ones more often than late ones, because
 * every operation has those. How far calls go is learnt: one that came makes later ones worth
 * trying, one that did not come ends it there, and a kind without any is left out.
 */
export class NthCall {
  readonly #random: SeededRandom;
  readonly #furthest = new Map<Call, number>(
    (Object.keys(CALLS) as Call[]).map((call) => [call, FURTHEST]),
  );
  #turn = 0;

  constructor(random: SeededRandom) {
    this.#random = random;
  }

  next(): { readonly call: Call; readonly n: number } {
    const calls = [...this.#furthest];
    const [call, furthest] = calls[this.#turn++ % calls.length] ?? (["fdatasync", 1] as const);
    return { call, n: Math.ceil(furthest ** this.#random.float()) };
  }

  came(call: Call, n: number): void {
    const furthest = this.#furthest.get(call) ?? n;
    if (n > furthest / 2) this.#furthest.set(call, furthest * 2);
  }

  /** The operation had ended before. */
  didNotCome(call: Call, n: number): void {
    if (n === 1) this.#furthest.delete(call);
    else this.#furthest.set(call, n - 1);
  }
}
