/**
 * Goal: whoever reads a partition, from wherever, takes the same records for the log; and what
 * a writer that was replaced leaves behind never counts. Method: random writers append to a list
 * of messages, some of them without knowing of each other, as servers do whose sends were given
 * up, and the list is read from its beginning and from each mark.
 */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { type LogRecord, RECORD_TYPE } from "../wal.ts";
import { markAt } from "./batch-entries.ts";
import type { Entry } from "./entry.ts";
import { FIRST_PLACE, Ledger, type Place, placeBefore } from "./ledger.ts";
import type { Message } from "./message.ts";

const LOG_ID = "018bcfe5-6800-7cb8-adfe-747d23673f27";
const OTHER_LOG_ID = "018bcfe5-6800-7cb8-adfe-747d23673f28";

/** A partition as a list, with what writers put there. */
class Partition {
  readonly messages: Message[] = [];

  get end(): bigint {
    return BigInt(this.messages.length);
  }

  claim(epoch: number, claimId: string, offset = 0, logId = LOG_ID): void {
    const id = Buffer.from(claimId.padEnd(16, "-")).toString("hex");
    this.#put({ kind: "claim", epoch, sequence: 0, offset, logTime: 0, logId, claimId: id });
  }

  record(epoch: number, sequence: number, offset: number, text: string, logTime = 1): void {
    const body = Buffer.from(text);
    this.#put({ kind: "record", epoch, sequence, offset, logTime, type: RECORD_TYPE.record, body });
  }

  part(epoch: number, sequence: number, offset: number, [part, parts]: [number, number]): void {
    const placed = { epoch, sequence, offset, logTime: 1, type: RECORD_TYPE.record };
    this.#put({ kind: "part", ...placed, part, parts, body: Buffer.from(`${part};`) });
  }

  /** A mark where its writer thinks that the partition ends. */
  mark(place: Place): void {
    this.#put(markAt(place));
  }

  put(entries: readonly Entry[] | undefined): void {
    this.messages.push({ from: this.end, next: this.end + 1n, entries });
  }

  #put(entry: Entry): void {
    this.put([entry]);
  }
}

function readAll(partition: Partition, ledger = new Ledger(FIRST_PLACE)): LogRecord[] {
  const from = Number(ledger.place.position);
  return partition.messages.slice(from).flatMap((message) => ledger.take(message));
}

const texts = (records: readonly LogRecord[]) =>
  records.map(({ body }) => Buffer.from(body).toString());

function newPartition(): Partition {
  const partition = new Partition();
  partition.claim(1, "first", 10);
  return partition;
}

describe("what counts in a partition", () => {
  test("records of the epoch, in their order, from the first claim's offset on", () => {
    const partition = newPartition();
    partition.record(1, 0, 10, "a");
    partition.record(1, 1, 11, "b");
    const ledger = new Ledger(FIRST_PLACE);
    const records = readAll(partition, ledger);
    expect(texts(records)).toEqual(["a", "b"]);
    expect(records.map(({ offset }) => offset)).toEqual([10, 11]);
    expect(ledger.place).toEqual({
      position: 3n,
      logId: LOG_ID,
      epoch: 1,
      sequence: 2,
      offset: 12,
      lastLogTime: 1,
    });
  });

  test("not what an epoch leaves behind once the next has begun; its offsets are used again", () => {
    const partition = newPartition();
    partition.record(1, 0, 10, "a");
    partition.claim(2, "second");
    partition.record(1, 1, 11, "late");
    partition.record(2, 0, 11, "b");
    partition.record(1, 2, 12, "later");
    const ledger = new Ledger(FIRST_PLACE);
    expect(texts(readAll(partition, ledger))).toEqual(["a", "b"]);
    expect([1, 2, 3].map((epoch) => ledger.recordsOf(epoch))).toEqual([1, 1, 0]);
  });

  test("the first of two claims of one epoch; whoever made the second learns it, and the first is told", () => {
    const partition = newPartition();
    partition.claim(2, "quick");
    partition.claim(2, "slow");
    const ledger = new Ledger(FIRST_PLACE);
    readAll(partition, ledger);
    expect(Buffer.from(ledger.claimId, "hex").toString()).toStartWith("quick");
    partition.claim(3, "third");
    readAll(partition, ledger);
    expect(ledger.epochAsked).toBe(3);
  });

  test("the log is that of the first claim when two servers make one at once", () => {
    const partition = newPartition();
    partition.claim(1, "other", 0, OTHER_LOG_ID);
    const ledger = new Ledger(FIRST_PLACE);
    readAll(partition, ledger);
    expect(ledger.place).toMatchObject({ logId: LOG_ID, epoch: 1, offset: 10 });
  });

  test("a number once, however often it stands there", () => {
    const partition = newPartition();
    for (let i = 0; i < 3; i++) partition.record(1, 0, 10, "a");
    partition.record(1, 1, 11, "b");
    partition.record(1, 0, 10, "a");
    expect(texts(readAll(partition))).toEqual(["a", "b"]);
  });

  test.each([
    ["a missing number", (p: Partition) => p.record(1, 1, 11, "b")],
    ["an offset that leaps", (p: Partition) => p.record(1, 0, 11, "b")],
    ["an epoch that nobody began", (p: Partition) => p.record(2, 0, 10, "b")],
    ["a claim that leaves an epoch out", (p: Partition) => p.claim(3, "third")],
    ["a claim of another log", (p: Partition) => p.claim(2, "x", 10, OTHER_LOG_ID)],
    ["a message of somebody else", (p: Partition) => p.put(undefined)],
    ["a part without those before it", (p: Partition) => p.part(1, 0, 10, [1, 2])],
  ])("%s is damage, named with its place", (_name, damage) => {
    const partition = newPartition();
    damage(partition);
    expect(() => readAll(partition)).toThrow(
      expect.objectContaining({ reason: "LOG_DAMAGED", details: { message: "1" } }),
    );
  });

  test("a mark that did not land where it was meant to says nothing", () => {
    const partition = newPartition();
    const ledger = new Ledger(FIRST_PLACE);
    readAll(partition, ledger);
    partition.mark({ ...ledger.place, offset: 99, position: partition.end + 1n });
    expect(readAll(partition, ledger)).toEqual([]);
    const [, mark] = partition.messages;
    expect(mark && placeBefore(mark)).toBeUndefined();
  });

  test("a mark of which nobody read what is before it says nothing", () => {
    const partition = newPartition();
    const ledger = new Ledger(FIRST_PLACE);
    readAll(partition, ledger);
    partition.mark(ledger.place);
    const mark = partition.messages.at(-1) as Message;
    expect(placeBefore(mark)).toEqual(ledger.place);
    expect(placeBefore({ ...mark, from: undefined })).toBeUndefined();
  });
});

describe("a record in parts", () => {
  test("counts with its last part, however often each stands there", () => {
    const partition = newPartition();
    for (const part of [0, 0, 1, 0, 1]) partition.part(1, 0, 10, [part, 3]);
    const ledger = new Ledger(FIRST_PLACE);
    expect(readAll(partition, ledger)).toEqual([]);
    partition.part(1, 0, 10, [2, 3]);
    for (const part of [2, 1]) partition.part(1, 0, 10, [part, 3]);
    partition.record(1, 1, 11, "b");
    expect(texts(readAll(partition, ledger))).toEqual(["0;1;2;", "b"]);
  });

  test("that the end of its epoch cut off never was; the next epoch uses its offset again", () => {
    const partition = newPartition();
    partition.part(1, 0, 10, [0, 2]);
    partition.claim(2, "second");
    partition.part(1, 0, 10, [1, 2]);
    partition.record(2, 0, 10, "a");
    expect(texts(readAll(partition))).toEqual(["a"]);
  });

  test("is not interrupted within its epoch", () => {
    const partition = newPartition();
    partition.part(1, 0, 10, [0, 2]);
    partition.record(1, 0, 10, "a");
    expect(() => readAll(partition)).toThrow(expect.objectContaining({ reason: "LOG_DAMAGED" }));
  });
});

/** What random writers do; numbers pick the writer. */
const step = fc.oneof(
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("claim" as const) }) },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant("write" as const),
      writer: fc.nat(9),
      count: fc.integer({ min: 1, max: 3 }),
      withMark: fc.boolean(),
      again: fc.boolean(),
      inParts: fc.boolean(),
    }),
  },
);

type Write = Extract<typeof step extends fc.Arbitrary<infer S> ? S : never, { kind: "write" }>;

/** A partition with writers, of which only the last one knows where the log is. */
class Writers {
  readonly partition = newPartition();
  readonly truth = new Ledger(FIRST_PLACE);
  readonly expected: LogRecord[] = readAll(this.partition, this.truth);
  readonly #places: Place[] = [this.truth.place];
  #made = 0;

  claim(): void {
    this.partition.claim(this.truth.place.epoch + 1, `claim ${this.#places.length}`);
    readAll(this.partition, this.truth);
    this.#places.push(this.truth.place);
  }

  write({ writer, count, withMark, again, inParts }: Write): void {
    const { partition } = this;
    const newest = this.#places.length - 1;
    const who = Math.max(0, newest - writer);
    const place = this.#places[who] as Place;
    const { epoch, sequence, offset } = place;
    const before = Number(partition.end);
    if (withMark) partition.mark(place);
    for (let i = 0; i < count; i++) {
      if (!inParts) partition.record(epoch, sequence + i, offset + i, `record ${this.#made++}`);
      else for (const part of [0, 1]) partition.part(epoch, sequence + i, offset + i, [part, 2]);
    }
    if (again) for (const { entries } of partition.messages.slice(before)) partition.put(entries);
    const found = readAll(partition, this.truth);
    expect(found).toHaveLength(who === newest ? count : 0);
    this.expected.push(...found);
    this.#places[newest] = this.truth.place;
  }
}

test("every reader takes the same records, from wherever it begins, and none of a writer that was replaced", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const writers = new Writers();
      for (const one of steps) {
        if (one.kind === "claim") writers.claim();
        else writers.write(one);
      }
      const { partition, expected } = writers;
      expect(readAll(partition)).toEqual(expected);
      for (const message of partition.messages) {
        const place = placeBefore(message);
        if (place === undefined) continue;
        const rest = expected.filter(({ offset }) => offset >= place.offset);
        expect(readAll(partition, new Ledger(place))).toEqual(rest);
      }
    }),
    { numRuns: 300 },
  );
});
