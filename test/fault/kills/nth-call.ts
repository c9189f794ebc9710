import type { SeededRandom } from "../../harness/seeded-random.ts";
import { CALLS, type Call } from "../bed/strace.ts";

const NAMES = Object.keys(CALLS) as Call[];
/** Calls of a kind that the largest operations make in one thread, about. */
const FURTHEST = 64;

/**
 * Which call is the last one: each kind in turns, early ones more often than late ones, because
 * every operation has those. Where an operation ended before its Nth call, later ones are not tried again.
 */
export class NthCall {
  readonly #random: SeededRandom;
  readonly #furthest = new Map<Call, number>();
  #turn = 0;

  constructor(random: SeededRandom) {
    this.#random = random;
  }

  next(): { readonly call: Call; readonly n: number } {
    const call = NAMES[this.#turn++ % NAMES.length] as Call;
    const furthest = this.#furthest.get(call) ?? FURTHEST;
    return { call, n: Math.floor(furthest ** this.#random.float()) };
  }

  /** The operation ended, and this call had not come. */
  survived(call: Call, n: number): void {
    this.#furthest.set(call, Math.max(1, n - 1));
  }
}
