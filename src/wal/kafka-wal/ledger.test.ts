/**
 * Goal: whoever reads a partition, from wherever, takes the same records for the log; and what
 * a writer that was replaced leaves behind never counts. Method: random writers append to a list
 * of messages, some of them without knowing of each other, as servers do whose sends were given
 * up, and the list is read from its beginning and from each mark.
 */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { type LogRecord, RECORD_TYPE } from "../wal.ts";
import { encodeEntry } from "./entry.ts";
import type { PartitionMessage } from "./kafka-session.ts";
import { FIRST_PLACE, Ledger, type Place, placeBehindMark } from "./ledger.ts";

const LOG_ID = "018bcfe5-6800-7cb8-adfe-747d23673f27";
const OTHER_LOG_ID = "018bcfe5-6800-7cb8-adfe-747d23673f28";

/** A partition as a list, with what writers put there. */
class Partition {
  readonly messages: PartitionMessage[] = [];

  get end(): number {
    return this.messages.length;
  }

  claim(epoch: number, claimId: string, offset = 0, logId = LOG_ID): void {
    const id = Buffer.from(claimId.padEnd(16, "-")).toString("hex");
    this.#put({ kind: "claim", epoch, sequence: 0, offset, logTime: 0, logId, claimId: id });
  }

  record(epoch: number, sequence: number, offset: number, text: string, logTime = 1): void {
    const body = Buffer.from(text);
    this.#put({ kind: "record", epoch, sequence, offset, logTime, type: RECORD_TYPE.record, body });
  }

  mark(place: Place, kafkaOffset = this.end): void {
    const { epoch, sequence, offset, lastLogTime: logTime, logId } = place;
    this.#put({ kind: "mark", epoch, sequence, offset, logTime, logId, kafkaOffset });
  }

  put(value: Uint8Array): void {
    this.messages.push({ kafkaOffset: this.end, value });
  }

  #put(entry: Parameters<typeof encodeEntry>[0]): void {
    this.put(encodeEntry(entry));
  }
}

function readAll(partition: Partition, ledger = new Ledger(FIRST_PLACE)): LogRecord[] {
  const from = ledger.place.kafkaOffset;
  return partition.messages.slice(from).flatMap((message) => ledger.take(message) ?? []);
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
      kafkaOffset: 3,
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
    ["a message of somebody else", (p: Partition) => p.put(Buffer.from("hello"))],
    ["an empty message", (p: Partition) => p.put(new Uint8Array(0))],
  ])("%s is damage, named with its place", (_name, damage) => {
    const partition = newPartition();
    damage(partition);
    expect(() => readAll(partition)).toThrow(
      expect.objectContaining({ reason: "LOG_DAMAGED", details: { kafka_offset: "1" } }),
    );
  });

  test("a mark that did not land where it was meant to says nothing", () => {
    const partition = newPartition();
    const ledger = new Ledger(FIRST_PLACE);
    readAll(partition, ledger);
    partition.mark({ ...ledger.place, offset: 99 }, partition.end + 1);
    expect(readAll(partition, ledger)).toEqual([]);
    const [, mark] = partition.messages;
    expect(mark && placeBehindMark(mark)).toBeUndefined();
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

  write({ writer, count, withMark, again }: Write): void {
    const { partition } = this;
    const newest = this.#places.length - 1;
    const who = Math.max(0, newest - writer);
    const { epoch, sequence, offset, kafkaOffset, ...rest } = this.#places[who] as Place;
    const before = partition.end;
    if (withMark) partition.mark({ epoch, sequence, offset, kafkaOffset, ...rest }, kafkaOffset);
    for (let i = 0; i < count; i++) {
      partition.record(epoch, sequence + i, offset + i, `record ${this.#made++}`);
    }
    if (again) for (const { value } of partition.messages.slice(before)) partition.put(value);
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
        const place = placeBehindMark(message);
        if (place === undefined) continue;
        const rest = expected.filter(({ offset }) => offset >= place.offset);
        expect(readAll(partition, new Ledger(place))).toEqual(rest);
      }
    }),
    { numRuns: 300 },
  );
});
