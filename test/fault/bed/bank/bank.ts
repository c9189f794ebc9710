/**
 * A bank of 1,000 accounts, each an aggregate, that stays open while its server dies and comes
 * back: tellers transfer between accounts in one append to both, subscribers follow. Whoever
 * breaks something says only what; afterwards every answer, every balance and everything that a
 * subscriber saw is held against the events that stand.
 */
import { join } from "node:path";
import { type ServerProcess, startServerProcess } from "../../../harness/binary.ts";
import { SeededRandom } from "../../../harness/seeded-random.ts";
import { checkFiles } from "../files.ts";
import { checkRebuild } from "../history.ts";
import { Violation } from "../violation.ts";
import { eventually, within } from "../within.ts";
import { BANK, Counter } from "./counter.ts";
import { Follower } from "./follower.ts";
import { type BankEvent, Ledger } from "./ledger.ts";
import { Teller, type TellerDeps } from "./teller.ts";

const ACCOUNTS = 1_000;
const TELLERS = 16;
const OPENING = 100;
/** All accounts, and some of them. */
const PREFIXES = ["", "", "account-1"];
const OLDER_ASKED = 100;
const SEED_BELOW = 2 ** 31;
/** Much more than it takes: what hangs is found, what is slow on a busy machine is not. */
const DONE_MS = 200_000;

export interface BankOptions {
  /** The data directory lies in it as `data`. */
  readonly cwd: string;
  readonly random: SeededRandom;
  /** The executable; the one that users get by default. */
  readonly program?: string;
}

export class Bank {
  readonly ledger = new Ledger();
  readonly #options: BankOptions;
  readonly #accounts = Array.from({ length: ACCOUNTS }, (_, i) => `account-${i}`);
  readonly #followers: readonly Follower[];
  readonly #deps: TellerDeps;
  #counter: Counter | undefined;
  #isClosed = false;
  #work: Promise<unknown> | undefined;
  #following: Promise<unknown> | undefined;
  #trouble: unknown;

  constructor(options: BankOptions) {
    this.#options = options;
    this.#followers = PREFIXES.map((prefix) => new Follower(prefix, this.#chance()));
    this.#deps = {
      ledger: this.ledger,
      accounts: this.#accounts,
      counter: () => this.#here,
      isClosed: () => this.#isClosed,
      random: this.#chance(),
    };
  }

  /** How often subscribers joined. */
  get joined(): number {
    return this.#followers.reduce((sum, { lives }) => sum + lives, 0);
  }

  /** Starts a server as the last one left it, and lets it be broken once so many more proposals were made. */
  async cycle(fault: (server: ServerProcess) => Promise<void>, proposals: number): Promise<void> {
    await using server = await this.#start();
    if (this.#work === undefined) await this.#open();
    const wanted = this.ledger.entries.length + proposals;
    const isEnough = () => this.#isClosed || this.ledger.entries.length >= wanted;
    await eventually(DONE_MS, "tellers go on", isEnough);
    await fault(server);
    this.#throwTrouble();
  }

  /** The last start: closes, and checks everything. Throws a {@link Violation}. */
  async finish(): Promise<void> {
    await using server = await this.#start();
    this.#isClosed = true;
    await within(DONE_MS, "every teller is answered", Promise.resolve(this.#work));
    this.#throwTrouble();
    const history = await this.#here.history();
    this.ledger.check(history);
    await this.#checkFollowers(history);
    await this.#askOlder();
    await checkRebuild(server, BANK);
    if (!Bun.deepEquals(await this.#here.history(), history)) {
      throw new Violation("a bank made again from the log has another history");
    }
    if ((await server.stop()) !== 0) throw new Violation("the server does not stop in order");
    checkFiles(this.#dataDir);
  }

  /** Ends what goes on in the background, after a failure too. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const follower of this.#followers) follower.endAt(0);
    await this.#following;
  }

  get #dataDir(): string {
    return join(this.#options.cwd, "data");
  }

  get #here(): Counter {
    if (this.#counter === undefined) throw new Violation("the bank was never open");
    return this.#counter;
  }

  #chance(): SeededRandom {
    return new SeededRandom(this.#options.random.below(SEED_BELOW));
  }

  async #start(): Promise<ServerProcess> {
    checkFiles(this.#dataDir);
    const { cwd, program } = this.#options;
    const args = ["--log-format", "json", "--log-level", "WARN"];
    const which = program === undefined ? {} : { program };
    const server = await startServerProcess({ cwd, args, ...which });
    this.#counter = new Counter(server.grpcUrl);
    return server;
  }

  /** Every account with something in it, in one transaction; then tellers and followers begin. */
  async #open(): Promise<void> {
    const postings = this.#accounts.map((account) => {
      const eventId = `${account}-opened`;
      return { account, aggregateNonce: 1, eventId, amount: OPENING, balance: OPENING };
    });
    const entry = { wire: "native", key: "open", postings, outcome: undefined } as const;
    const first = new Teller("opening", this.#deps);
    this.ledger.note({ ...entry, outcome: await first.settle(entry) });
    const tellers = Array.from({ length: TELLERS }, (_, i) => {
      return new Teller(`teller-${i}`, { ...this.#deps, random: this.#chance() });
    });
    this.#work = Promise.all(tellers.map((teller) => this.#noting(teller.run())));
    const follow = (follower: Follower) => this.#noting(follower.run(() => this.#here));
    this.#following = Promise.all(this.#followers.map(follow));
  }

  /** What goes wrong in the background closes the bank and is thrown where somebody waits. */
  async #noting(running: Promise<void>): Promise<void> {
    try {
      await running;
    } catch (error) {
      this.#trouble ??= error;
      this.#isClosed = true;
    }
  }

  #throwTrouble(): void {
    if (this.#trouble !== undefined) throw this.#trouble;
  }

  /** Each saw all of its accounts, each event once, in the order in which they stand. */
  async #checkFollowers(history: readonly BankEvent[]): Promise<void> {
    const wanted = this.#followers.map(({ prefix }) =>
      history.filter(({ account }) => account.startsWith(prefix)),
    );
    for (const [i, follower] of this.#followers.entries()) {
      follower.endAt(wanted[i]?.at(-1)?.globalNonce ?? 0);
    }
    await within(DONE_MS, "every subscriber is at the end", Promise.resolve(this.#following));
    this.#throwTrouble();
    for (const [i, { prefix, events }] of this.#followers.entries()) {
      if (!Bun.deepEquals(events, wanted[i])) {
        throw new Violation(`a subscriber of ${JSON.stringify(prefix)} saw another history`);
      }
    }
  }

  /** What was done long ago still gives its first answer. */
  async #askOlder(): Promise<void> {
    const { random } = this.#options;
    const { done } = this.ledger;
    const teller = new Teller("asking", this.#deps);
    for (let i = 0; i < OLDER_ASKED; i++) {
      const entry = done[random.below(done.length)];
      if (entry !== undefined) await teller.askAgain(entry);
    }
  }
}
