/**
 * Subscriptions to events, every start with every prefix, pace and interruption. Goal: whatever
 * they are combined with, each wanted event comes once and in order, and then keep-alives. Method:
 * all starts at once on one history whose end is a page edge, while two aggregates grow; the expected
 * list is computed from who was appended to.
 */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { limits } from "../../src/base/limits.ts";
import { EventFollower } from "../harness/event-follower.ts";
import { EventClient, event } from "../harness/event-operations.ts";
import { TestPartition, until } from "../harness/partition.ts";

const PAGE = limits.watchReadRows;
const LIVE = 30;
const ROW = 100;
/** So many events one read by a prefix looks at. */
const LOOK = 4 * PAGE;
const PREFIXES = ["", "A", "B%", "B", "C"];
const AGGREGATES = ["A-1", "B%1", "B-1"];

let partition: TestPartition;
/** Who was appended to, by global nonce from 1. */
let history: string[];

beforeEach(async () => {
  partition = await TestPartition.open({ wal: "file", segmentBytes: 16 * 1024 * 1024 });
  history = [];
});
afterEach(() => partition[Symbol.asyncDispose]());

async function append(aggregateId: string, count: number): Promise<void> {
  const events = Array.from({ length: count }, () => event());
  await new EventClient(partition.tenant("acme")).append(aggregateId, { events });
  history.push(...events.map(() => aggregateId));
}

/** One event to each aggregate in turn. */
async function live(): Promise<void> {
  for (let i = 0; i < LIVE; i++) await append(AGGREGATES[i % AGGREGATES.length] as string, 1);
}

/** One cell: a subscriber who goes on behind the last event wherever it is cut off. */
class Cell {
  readonly #seen: number[] = [];
  readonly #from: number;
  readonly #prefix: string;
  #follower: EventFollower | undefined;

  constructor(from: number, prefix: string) {
    this.#from = from;
    this.#prefix = prefix;
  }

  join(isSlow: boolean): void {
    const last = this.#seen.at(-1);
    const from = last === undefined ? this.#from : last + 1;
    const filter = { aggregateIdPrefix: this.#prefix };
    this.#follower = new EventFollower(partition, { from, filter });
    if (isSlow) this.#follower.pause();
  }

  /** With whatever has come by now. */
  async cutOff(): Promise<void> {
    await this.#here.stop();
    this.#seen.push(...this.#here.nonces);
  }

  async expectAll(): Promise<void> {
    this.#here.resume();
    const wanted = history.flatMap((id, i) =>
      id.startsWith(this.#prefix) && i + 1 >= this.#from ? [i + 1] : [],
    );
    await this.#here.seen(wanted.length - this.#seen.length);
    expect([...this.#seen, ...this.#here.nonces]).toEqual(wanted);
  }

  async expectKeepAlive(): Promise<void> {
    const before = this.#here.keepAlives;
    await until(
      () => this.#here.keepAlives > before,
      () => partition.fakeClock.advance(limits.eventKeepAliveMs / 4),
    );
  }

  get #here(): EventFollower {
    if (this.#follower === undefined) throw new Error("it has not joined");
    return this.#follower;
  }
}

/** So many events: in long rows of one aggregate, where live they are few between those of others. */
async function fill(size: number): Promise<void> {
  for (let left = size; left > 0; left -= ROW) {
    await append(AGGREGATES[left % AGGREGATES.length] as string, Math.min(left, ROW));
  }
}

const INTERRUPTIONS = {
  "without an interruption": undefined,
  "cut off by itself": async () => undefined,
  "through a restart": async () => await partition.restart(),
  "through a crash": async () => await partition.crash(),
} as const;

/** Quick and slow ones, of every start and prefix. Slow ones read nothing until all is there, or they are cut off. */
async function followEach(starts: readonly number[], cut?: () => Promise<void>): Promise<void> {
  const cells = starts.flatMap((from) =>
    PREFIXES.flatMap((prefix) => [
      { isSlow: false, cell: new Cell(from, prefix) },
      { isSlow: true, cell: new Cell(from, prefix) },
    ]),
  );
  const join = () => {
    for (const { cell, isSlow } of cells) cell.join(isSlow);
  };
  join();
  await live();
  if (cut !== undefined) {
    for (const { cell } of cells) await cell.cutOff();
    await cut();
    join();
  }
  await live();
  for (const { cell } of cells) await cell.expectAll();
  for (const { cell } of cells) await cell.expectKeepAlive();
  // Nor does anything come twice, or for whom it is not, after that.
  for (const { cell } of cells) await cell.expectAll();
  for (const { cell } of cells) await cell.cutOff();
}

describe.each([0, PAGE - 1, PAGE, PAGE + 1, LOOK, LOOK + 1])(
  "behind a history of %d events",
  (head) => {
    const borders = [0, 1, Math.ceil(head / 2), PAGE, PAGE + 1, head, head + 1, head + 2];
    const starts = [...new Set([...borders, head + LIVE, head + 3 * LIVE])];

    test.each(Object.entries(INTERRUPTIONS))(
      "every start, with every prefix, quick and slow, %s",
      async (_, cut) => {
        await fill(head);
        await followEach(starts, cut);
      },
      60_000,
    );
  },
);
