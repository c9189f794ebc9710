/**
 * What a bank's tellers proposed and were told, and what must hold of the events that came of it.
 * The ledger is the only witness: it is never filled from what the server holds. Each event
 * says its amount and the balance after it, so that an append at a head which had moved is seen in
 * the aggregate itself, whatever its proposer was told.
 */
import { Violation } from "../violation.ts";

/** One event as it was proposed. */
export interface Posting {
  readonly account: string;
  readonly aggregateNonce: number;
  readonly eventId: string;
  readonly amount: number;
  /** After it. */
  readonly balance: number;
}

/** One event as the server gives it. */
export interface BankEvent extends Posting {
  readonly globalNonce: number;
}

/** Of the last event of an append. */
export interface Head {
  readonly aggregateNonce: number;
  readonly globalNonce: number;
}

export type Outcome =
  | { readonly state: "done"; readonly heads: readonly Head[] }
  | { readonly state: "refused" };

/** One transaction: between accounts by the native service, of one account by `eventstore.v1`. */
export interface Entry {
  readonly wire: "native" | "v1";
  /** Empty: it is known by its content alone. */
  readonly key: string;
  readonly postings: readonly Posting[];
  /** Undefined as long as nobody knows. */
  outcome: Outcome | undefined;
}

export class Ledger {
  readonly #entries: Entry[] = [];

  /** To be called before the entry is sent. */
  note(entry: Entry): void {
    this.#entries.push(entry);
  }

  get entries(): readonly Entry[] {
    return this.#entries;
  }

  get done(): readonly Entry[] {
    return this.#entries.filter(({ outcome }) => outcome?.state === "done");
  }

  /** Throws a {@link Violation} unless the history, in its order, is what was acknowledged, all of it and nothing else. */
  check(history: readonly BankEvent[]): void {
    checkOrder(history);
    const found = new Map(history.map((event) => [event.eventId, event]));
    if (found.size !== history.length) throw new Violation("an event id stands twice");
    for (const entry of this.#entries) checkEntry(entry, found);
    const postings = this.done.flatMap((entry) => entry.postings);
    if (postings.length !== history.length) {
      throw new Violation(`${postings.length} events were acknowledged, ${history.length} stand`);
    }
    const total = sum(postings);
    if (sum(history) !== total) throw new Violation(`the bank holds ${sum(history)}, not ${total}`);
  }
}

/** Global nonces from 1 without gaps, nonces of each aggregate as well, and balances that follow on each other. */
function checkOrder(history: readonly BankEvent[]): void {
  const heads = new Map<string, BankEvent>();
  for (const [i, event] of history.entries()) {
    if (event.globalNonce !== i + 1) {
      throw new Violation(`global nonce ${event.globalNonce} stands at ${i + 1}`);
    }
    const before = heads.get(event.account);
    if (event.aggregateNonce !== (before?.aggregateNonce ?? 0) + 1) {
      throw new Violation(`${nameOf(event)} follows on ${before?.aggregateNonce ?? 0}`);
    }
    if (event.balance !== (before?.balance ?? 0) + event.amount || event.balance < 0) {
      throw new Violation(`${nameOf(event)}: ${JSON.stringify(event)} after ${before?.balance}`);
    }
    heads.set(event.account, event);
  }
}

function checkEntry(entry: Entry, found: ReadonlyMap<string, BankEvent>): void {
  const { postings, outcome } = entry;
  if (outcome === undefined) throw new Violation(`${idsOf(entry)}: nobody knows what became of it`);
  if (outcome.state === "refused") {
    const there = postings.find(({ eventId }) => found.has(eventId));
    if (there !== undefined) throw new Violation(`${nameOf(there)} was refused and stands`);
    return;
  }
  const events = postings.map((posting) => {
    const event = found.get(posting.eventId);
    if (event === undefined) throw new Violation(`${nameOf(posting)} was acknowledged and is lost`);
    if (!isDeepSame(event, posting)) {
      throw new Violation(`${nameOf(posting)} stands as ${JSON.stringify(event)}`);
    }
    return event;
  });
  const first = events[0]?.globalNonce ?? 0;
  if (!events.every(({ globalNonce }, i) => globalNonce === first + i)) {
    throw new Violation(`${idsOf(entry)}: others stand in between`);
  }
  const heads = headsOf(entry, events);
  if (!Bun.deepEquals(outcome.heads, heads)) {
    const told = JSON.stringify(outcome.heads);
    throw new Violation(`${idsOf(entry)}: told ${told}, it stands at ${JSON.stringify(heads)}`);
  }
}

/** Of each of its appends: one for each account natively, and one in all by `eventstore.v1`. */
function headsOf({ wire }: Entry, events: readonly BankEvent[]): Head[] {
  const lasts = wire === "native" ? events : events.slice(-1);
  return lasts.map(({ aggregateNonce, globalNonce }) => ({ aggregateNonce, globalNonce }));
}

function isDeepSame({ globalNonce: _, ...event }: BankEvent, posting: Posting): boolean {
  return Bun.deepEquals(event, posting);
}

function sum(postings: readonly Posting[]): number {
  return postings.reduce((total, { amount }) => total + amount, 0);
}

function nameOf({ eventId, account, aggregateNonce }: Posting): string {
  return `${eventId} at ${account}/${aggregateNonce}`;
}

function idsOf({ postings }: Entry): string {
  return postings.map(({ eventId }) => eventId).join(", ");
}
