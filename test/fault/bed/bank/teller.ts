import type { SeededRandom } from "../../../harness/seeded-random.ts";
import { Violation } from "../violation.ts";
import type { Counter } from "./counter.ts";
import type { Entry, Ledger, Outcome, Posting } from "./ledger.ts";

const AGAIN_MS = 20;
/** One in so many outcomes is asked for again at once. */
const ASKED_AGAIN = 8;
const CASH = 50;

export interface TellerDeps {
  readonly ledger: Ledger;
  readonly accounts: readonly string[];
  /** Where the server is. */
  readonly counter: () => Counter;
  readonly isClosed: () => boolean;
  readonly random: SeededRandom;
}

/**
 * Reads, decides, proposes, one transaction after the other until the bank closes. What nobody
 * knows is proposed again, the same, until there is an answer.
 */
export class Teller {
  readonly #deps: TellerDeps;
  readonly #name: string;
  #made = 0;

  constructor(name: string, deps: TellerDeps) {
    this.#name = name;
    this.#deps = deps;
  }

  async run(): Promise<void> {
    const { ledger, random, isClosed } = this.#deps;
    while (!isClosed()) {
      const entry = await this.#decide().catch(giveWay);
      if (entry === undefined) continue;
      ledger.note(entry);
      entry.outcome = await this.settle(entry);
      if (random.below(ASKED_AGAIN) === 0) await this.askAgain(entry);
    }
  }

  /** Proposes until there is an answer. */
  async settle(entry: Entry): Promise<Outcome> {
    for (;;) {
      const outcome = await this.#deps.counter().send(entry);
      if (outcome !== undefined) return outcome;
      await Bun.sleep(AGAIN_MS);
    }
  }

  /** Throws a {@link Violation} unless the first answer comes again. */
  async askAgain(entry: Entry): Promise<void> {
    // What is known by its content alone, and was refused, would be a new proposal.
    if (entry.outcome?.state === "refused" && entry.wire === "v1") return;
    const again = await this.settle(entry);
    if (Bun.deepEquals(again, entry.outcome)) return;
    throw new Violation(
      `answered ${JSON.stringify(entry.outcome)}, and again ${JSON.stringify(again)}: ${JSON.stringify(entry)}`,
    );
  }

  /** Few accounts are in much demand, so that proposers meet. */
  #account(): string {
    const { accounts, random } = this.#deps;
    return accounts[Math.floor(accounts.length * random.float() ** 4)] as string;
  }

  async #decide(): Promise<Entry> {
    const { random } = this.#deps;
    const serial = `${this.#name}-${this.#made++}`;
    const from = this.#account();
    if (random.below(3) === 0) return await this.#cash(from, serial);
    let to = from;
    while (to === from) to = this.#account();
    const [payer, payee] = await Promise.all([this.#last(from), this.#last(to)]);
    const amount = random.below(payer.balance + 1);
    const postings = [
      after(payer, 0 - amount, `${serial}-payer`),
      after(payee, amount, `${serial}-payee`),
    ];
    return { wire: "native", key: serial, postings, outcome: undefined };
  }

  /** Money comes in, and a fee is taken, in one append. */
  async #cash(account: string, serial: string): Promise<Entry> {
    const { random } = this.#deps;
    const paid = after(await this.#last(account), 1 + random.below(CASH), `${serial}-cash`);
    const postings = [paid, after(paid, -1, `${serial}-fee`)];
    const key = random.below(2) === 0 ? serial : "";
    return { wire: "v1", key, postings, outcome: undefined };
  }

  async #last(account: string): Promise<Posting> {
    return await this.#deps.counter().last(account);
  }
}

function after(last: Posting, amount: number, eventId: string): Posting {
  const { account, aggregateNonce, balance } = last;
  return {
    account,
    aggregateNonce: aggregateNonce + 1,
    eventId,
    amount,
    balance: balance + amount,
  };
}

/** A server that is gone cannot be read from; a violation is one. */
async function giveWay(error: unknown): Promise<undefined> {
  if (error instanceof Violation) throw error;
  await Bun.sleep(AGAIN_MS);
}
