import type { SeededRandom } from "../../../harness/seeded-random.ts";
import { Violation } from "../violation.ts";
import type { Counter } from "./counter.ts";
import type { BankEvent } from "./ledger.ts";

const LIFE_EVENTS = 50;
const AWAY_MS = 60;

/**
 * A live subscriber who joins at random moments, is cut off at random moments by itself or with
 * the server, and goes on behind the last event that it saw. What it must never see is thrown at once.
 */
export class Follower {
  readonly events: BankEvent[] = [];
  readonly prefix: string;
  readonly #random: SeededRandom;
  readonly #nonces = new Map<string, number>();
  #until = Number.POSITIVE_INFINITY;
  #lives = 0;

  constructor(prefix: string, random: SeededRandom) {
    this.prefix = prefix;
    this.#random = random;
  }

  /** How often it joined, and was sent something. */
  get lives(): number {
    return this.#lives;
  }

  /** It is over once the event with this global nonce was seen; 0: at once. */
  endAt(globalNonce: number): void {
    this.#until = globalNonce;
  }

  /** Lives one life after the other; `counter` says where the server is. */
  async run(counter: () => Counter): Promise<void> {
    while (!this.#isOver) {
      await Bun.sleep(this.#random.below(AWAY_MS));
      const life = new AbortController();
      try {
        await this.#live(counter(), life);
      } catch (error) {
        if (error instanceof Violation) throw error;
        // The server is gone, or was not there.
      } finally {
        life.abort();
      }
    }
  }

  get #isOver(): boolean {
    return this.#last >= this.#until;
  }

  get #last(): number {
    return this.events.at(-1)?.globalNonce ?? 0;
  }

  async #live(counter: Counter, life: AbortController): Promise<void> {
    const wire = this.#random.below(2) === 0 ? "native" : "v1";
    let left = 1 + this.#random.below(LIFE_EVENTS);
    let isThere = false;
    for await (const event of counter.follow(wire, this.prefix, this.#last + 1, life.signal)) {
      if (!isThere) this.#lives += 1;
      isThere = true;
      if (event !== undefined) {
        this.#see(event);
        left -= 1;
      }
      if (left === 0 || this.#isOver) return;
    }
  }

  #see(event: BankEvent): void {
    const { globalNonce, account, aggregateNonce } = event;
    const isNext = this.prefix === "" ? globalNonce === this.#last + 1 : globalNonce > this.#last;
    if (!isNext) throw new Violation(`a subscriber sees ${globalNonce} after ${this.#last}`);
    const before = this.#nonces.get(account) ?? 0;
    if (aggregateNonce !== before + 1 || !account.startsWith(this.prefix)) {
      throw new Violation(`a subscriber sees ${account}/${aggregateNonce} after ${before}`);
    }
    this.#nonces.set(account, aggregateNonce);
    this.events.push(event);
  }
}
