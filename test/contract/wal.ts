/**
 * What every log must do, whatever it is made of. Goal: nobody who is written against
 * `Wal` can tell the implementations apart. Method: each test opens a new log of the
 * subject with a clock that it owns, and only ever looks through the interface.
 */
import { afterEach, describe, expect, test } from "bun:test";
import { limits } from "../../src/base/limits.ts";
import type { WalOptions } from "../../src/wal/options.ts";
import { type ImportingWal, type LogRecord, RECORD_TYPE, type Wal } from "../../src/wal/wal.ts";
import { FakeClock } from "../harness/fake-clock.ts";
import { SeededRandom } from "../harness/seeded-random.ts";

export interface WalSubject {
  readonly name: string;
  /** Opens a new, empty log. It may add to the topic's name what makes it unlike all others. */
  open(options: WalOptions): Promise<ImportingWal>;
  /** Opens a closed log again; left out by those that keep nothing. */
  reopen?(closed: Wal, options: WalOptions): Promise<ImportingWal>;
}

const MINUTE_MS = 60_000;
const text = (body: Uint8Array) => new TextDecoder().decode(body);
const bytes = (content: string) => new TextEncoder().encode(content);

export function walContract(subject: WalSubject): void {
  const opened: Wal[] = [];
  let clock = new FakeClock();

  async function openLog(options: Partial<WalOptions> = {}): Promise<ImportingWal> {
    clock = new FakeClock();
    const random = new SeededRandom(1);
    const wal = await subject.open({ topic: "entdb-wal", partition: 0, clock, random, ...options });
    opened.push(wal);
    return wal;
  }
  const append = (wal: Wal, content: string) => wal.append(RECORD_TYPE.record, bytes(content));

  afterEach(async () => {
    for (const wal of opened.splice(0)) await wal.close();
  });

  describe(`${subject.name}: appending`, () => {
    appendTests(openLog, append);
  });
  describe(`${subject.name}: log time`, () => {
    timeTests(openLog, append, () => clock);
  });
  describe(`${subject.name}: reading`, () => {
    readTests(openLog, append);
  });
  describe(`${subject.name}: following`, () => {
    followTests(openLog, append);
  });
  describe(`${subject.name}: trimming`, () => {
    trimTests(openLog, append);
  });
  describe(`${subject.name}: closing`, () => {
    closeTests(openLog, append);
  });
  describe(`${subject.name}: taking over another log`, () => {
    importTests(openLog, append);
  });
  const { reopen } = subject;
  if (reopen === undefined) return;
  describe(`${subject.name}: opening again`, () => {
    reopenTests(openLog, append, async (closed) => {
      const random = new SeededRandom(2);
      const { topic, partition } = closed;
      const wal = await reopen(closed, { topic, partition, clock, random });
      opened.push(wal);
      return wal;
    });
  });
}

type OpenLog = (options?: Partial<WalOptions>) => Promise<ImportingWal>;
type Append = (wal: Wal, content: string) => ReturnType<Wal["append"]>;

function appendTests(openLog: OpenLog, append: Append): void {
  test("a new log is empty, and names itself", async () => {
    const wal = await openLog({ topic: "orders", partition: 7 });
    const { topic, partition, start, end, lastLogTime } = wal;
    expect({ partition, start, end, lastLogTime }).toEqual({
      partition: 7,
      start: 0,
      end: 0,
      lastLogTime: 0,
    });
    expect(topic).toStartWith("orders");
    expect(wal.logId).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    expect(wal.unavailable).toBeUndefined();
    expect(await collect(wal.read(0))).toEqual([]);
  });

  test("offsets are dense, from 0, in the order of the calls", async () => {
    const wal = await openLog();
    const calls = Array.from({ length: 1_000 }, (_, i) => append(wal, `record ${i}`));
    const answers = await Promise.all(calls);
    expect(answers.map(({ offset }) => offset)).toEqual(answers.map((_, i) => i));
    expect((await append(wal, "one more")).offset).toBe(1_000);
    expect(wal.end).toBe(1_001);
    const records = await collect(wal.read(0));
    expect(records.map(({ body }) => text(body)).slice(0, 3)).toEqual([
      "record 0",
      "record 1",
      "record 2",
    ]);
    expect(records.map(({ offset }) => offset)).toEqual(records.map((_, i) => i));
  });

  test("appends of many callers, each one after the other, keep each caller's order", async () => {
    const wal = await openLog();
    const caller = async (name: number) => {
      for (let i = 0; i < 50; i++) await append(wal, `${name}:${i}`);
    };
    await Promise.all(Array.from({ length: 16 }, (_, name) => caller(name)));
    const seen = new Map<string, number>();
    for (const { body } of await collect(wal.read(0))) {
      const [name = "", i] = text(body).split(":");
      expect(Number(i)).toBe(seen.get(name) ?? 0);
      seen.set(name, Number(i) + 1);
    }
    expect([...seen.values()]).toEqual(Array.from({ length: 16 }, () => 50));
  });

  test("nothing is readable before it is answered, everything is from then on", async () => {
    const wal = await openLog();
    const answer = append(wal, "a");
    expect(wal.end).toBe(0);
    const { offset, logTime } = await answer;
    expect(wal.end).toBe(1);
    const [record] = await collect(wal.read(0));
    expect(record).toEqual({ offset, logTime, type: RECORD_TYPE.record, body: bytes("a") });
    expect(wal.lastLogTime).toBe(logTime);
  });

  test.each([
    ["empty", 0],
    ["of one zero", 1],
    ["of many zeros", 70_000],
    ["at the limit", limits.recordBytes],
  ])("a body %s is kept as it is", async (_name, length) => {
    const wal = await openLog();
    await append(wal, "before");
    await wal.append(RECORD_TYPE.record, new Uint8Array(length));
    await append(wal, "behind");
    const [before, record, behind] = await collect(wal.read(0));
    expect(record?.body.length).toBe(length);
    expect(record?.body.every((byte) => byte === 0)).toBe(true);
    expect([before, behind].map((other) => text(other?.body ?? bytes("")))).toEqual([
      "before",
      "behind",
    ]);
  });

  test("a body past the limit is refused, and nothing is written", async () => {
    const wal = await openLog();
    const error = wal.append(RECORD_TYPE.record, new Uint8Array(limits.recordBytes + 1));
    await expect(error).rejects.toMatchObject({ reason: "LIMIT_EXCEEDED", retryable: false });
    expect(wal.end).toBe(0);
    expect((await append(wal, "a")).offset).toBe(0);
  });

  test("as many appends wait as the limit says; one more is refused as overload", async () => {
    const wal = await openLog();
    const body = bytes("x");
    const calls: Promise<unknown>[] = [];
    for (let i = 0; i < limits.appendQueueRecords; i++)
      calls.push(wal.append(RECORD_TYPE.record, body));
    const refused = wal.append(RECORD_TYPE.record, body);
    await expect(refused).rejects.toMatchObject({ reason: "OVERLOADED", retryable: true });
    await Promise.all(calls);
    expect(wal.end).toBe(limits.appendQueueRecords);
  });
}

function timeTests(openLog: OpenLog, append: Append, clock: () => FakeClock): void {
  test("is the clock's, and never goes back with it", async () => {
    const wal = await openLog();
    const first = await append(wal, "a");
    expect(first.logTime).toBe(clock().now());
    clock().jump(-60 * MINUTE_MS);
    expect((await append(wal, "b")).logTime).toBe(first.logTime);
    clock().advance(61 * MINUTE_MS);
    expect((await append(wal, "c")).logTime).toBe(first.logTime + MINUTE_MS);
    const times = (await collect(wal.read(0))).map(({ logTime }) => logTime);
    expect(times).toEqual([first.logTime, first.logTime, first.logTime + MINUTE_MS]);
  });

  test("a clock that is put right again after it was behind is taken at once", async () => {
    const wal = await openLog();
    await append(wal, "a");
    clock().jump(-60 * MINUTE_MS);
    await append(wal, "b");
    clock().advance(MINUTE_MS);
    await append(wal, "c");
    clock().jump(60 * MINUTE_MS);
    expect((await append(wal, "d")).logTime).toBe(clock().now());
  });

  test("a jump ahead of five minutes is taken, of more is refused until the clock is right", async () => {
    const wal = await openLog();
    await append(wal, "a");
    clock().jump(5 * MINUTE_MS);
    const last = await append(wal, "b");
    clock().jump(5 * MINUTE_MS + 1);
    expect(wal.unavailable).toMatchObject({ reason: "CLOCK_JUMP" });
    await expect(append(wal, "c")).rejects.toMatchObject({ reason: "CLOCK_JUMP", retryable: true });
    expect(wal).toMatchObject({ end: 2, lastLogTime: last.logTime });
    expect(await collect(wal.read(0))).toHaveLength(2);
    clock().jump(-5 * MINUTE_MS);
    expect(wal.unavailable).toBeUndefined();
    expect(await append(wal, "d")).toEqual({ offset: 2, logTime: clock().now() });
  });

  test("a clock that only runs is never refused, however long nothing is appended", async () => {
    const wal = await openLog();
    await append(wal, "a");
    clock().advance(90 * 24 * 60 * MINUTE_MS);
    expect((await append(wal, "b")).logTime).toBe(clock().now());
  });
}

function readTests(openLog: OpenLog, append: Append): void {
  test("starts at any offset and ends where the log ended when it was asked", async () => {
    const wal = await openLog();
    for (let i = 0; i < 10; i++) await append(wal, String(i));
    for (let from = 0; from <= 10; from++) {
      const found = (await collect(wal.read(from))).map(({ body }) => text(body));
      expect(found).toEqual(Array.from({ length: 10 - from }, (_, i) => String(from + i)));
    }
    const asked = wal.read(8);
    await append(wal, "10");
    expect(await collect(asked)).toHaveLength(2);
  });

  test("hands out at most so many records at once", async () => {
    const wal = await openLog();
    const count = limits.readBatchRecords * 2 + 1;
    await Promise.all(Array.from({ length: count }, () => append(wal, "x")));
    const sizes: number[] = [];
    for await (const records of wal.read(1)) sizes.push(records.length);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(limits.readBatchRecords);
    expect(Math.min(...sizes)).toBeGreaterThan(0);
    expect(sizes.reduce((sum, size) => sum + size)).toBe(count - 1);
  });

  test("refuses positions that the log does not have", async () => {
    const wal = await openLog({ firstOffset: 100 });
    expect(wal).toMatchObject({ start: 100, end: 100 });
    expect((await append(wal, "a")).offset).toBe(100);
    await expect(collect(wal.read(99))).rejects.toMatchObject({ reason: "LOG_TRIMMED" });
    await expect(collect(wal.read(102))).rejects.toMatchObject({ reason: "POSITION_BEYOND_LOG" });
    const signal = new AbortController().signal;
    await expect(collect(wal.follow(99, signal))).rejects.toMatchObject({ reason: "LOG_TRIMMED" });
    await expect(collect(wal.follow(102, signal))).rejects.toMatchObject({
      reason: "POSITION_BEYOND_LOG",
    });
    expect(await collect(wal.read(100))).toHaveLength(1);
    expect(await collect(wal.read(101))).toEqual([]);
  });

  test("ends quietly when its signal aborts", async () => {
    const wal = await openLog();
    await append(wal, "a");
    expect(await collect(wal.read(0, AbortSignal.abort()))).toEqual([]);
  });
}

function followTests(openLog: OpenLog, append: Append): void {
  test("crosses from what was there to what comes, without gap or repetition", async () => {
    const wal = await openLog();
    for (let i = 0; i < 5; i++) await append(wal, String(i));
    const stop = new AbortController();
    const seen: string[] = [];
    const following = (async () => {
      for await (const records of wal.follow(2, stop.signal)) {
        for (const { body, offset } of records) {
          expect(text(body)).toBe(String(offset));
          seen.push(text(body));
        }
        if (seen.length === 203) stop.abort();
      }
    })();
    for (let i = 5; i < 205; i += 4) {
      await Promise.all([0, 1, 2, 3].map((j) => append(wal, String(i + j))));
    }
    await following;
    expect(seen).toEqual(Array.from({ length: 203 }, (_, i) => String(i + 2)));
  });

  test("waits at the end, for several followers at once", async () => {
    const wal = await openLog();
    await append(wal, "a");
    const stop = new AbortController();
    const firsts = [0, 1, 1].map(async (from) => {
      for await (const records of wal.follow(from, stop.signal)) return records[0]?.offset;
      return undefined;
    });
    await append(wal, "b");
    expect(await Promise.all(firsts)).toEqual([0, 1, 1]);
  });

  test("ends quietly when its signal aborts: before, while it waits, between two steps", async () => {
    const wal = await openLog();
    await append(wal, "a");
    expect(await collect(wal.follow(0, AbortSignal.abort()))).toEqual([]);
    const stop = new AbortController();
    const waiting = collect(wal.follow(1, stop.signal));
    const between = (async () => {
      const seen: number[] = [];
      for await (const records of wal.follow(0, stop.signal)) {
        seen.push(...records.map(({ offset }) => offset));
        stop.abort();
      }
      return seen;
    })();
    expect(await between).toEqual([0]);
    expect(await waiting).toEqual([]);
  });

  test("a slow follower misses nothing", async () => {
    const wal = await openLog();
    const stop = new AbortController();
    const seen: number[] = [];
    const following = (async () => {
      for await (const records of wal.follow(0, stop.signal)) {
        seen.push(...records.map(({ offset }) => offset));
        // Appends that land while the follower is busy must not need another wake.
        await append(wal, "while busy").catch(() => undefined);
        if (seen.length >= 50) return;
      }
    })();
    await append(wal, "first");
    await following;
    expect(seen.slice(0, 50)).toEqual(Array.from({ length: 50 }, (_, i) => i));
  });
}

/** A backend drops as much as it can at once, perhaps nothing: only what it may not drop is the same for all. */
function trimTests(openLog: OpenLog, append: Append): void {
  /** Records so large that even the largest segments are filled. */
  async function filled(): Promise<Wal> {
    const wal = await openLog();
    const body = new Uint8Array(limits.recordBytes);
    for (let i = 0; i < 6; i++) await wal.append(RECORD_TYPE.record, body);
    await append(wal, "the last");
    return wal;
  }

  test.each([0, 1, 3, 6, 7, 1_000])("below %d: everything from there on stays", async (before) => {
    const wal = await filled();
    const all = await collect(wal.read(0));
    await wal.trim(before);
    expect(wal.start).toBeLessThanOrEqual(before);
    expect(wal.end).toBe(7);
    const left = (await collect(wal.read(wal.start))).map(({ offset }) => offset);
    expect(left).toEqual(all.slice(wal.start).map(({ offset }) => offset));
    await wal.trim(0);
    expect((await append(wal, "more")).offset).toBe(7);
  });

  test("who wants what has gone is told, who reads on is not disturbed", async () => {
    const wal = await filled();
    const stop = new AbortController();
    const behind = wal.follow(wal.end, stop.signal)[Symbol.asyncIterator]();
    const coming = behind.next();
    await wal.trim(6);
    for (let from = 0; from < wal.start; from++) {
      await expect(collect(wal.read(from))).rejects.toMatchObject({ reason: "LOG_TRIMMED" });
    }
    await append(wal, "new");
    const { value } = await coming;
    expect(value?.map(({ body }: LogRecord) => text(body))).toEqual(["new"]);
    stop.abort();
  });

  test("a reader that stands below what is trimmed is told, and gets nothing wrong", async () => {
    const wal = await openLog();
    const body = new Uint8Array(limits.recordBytes / 1_024);
    const calls = Array.from({ length: 6_000 }, () => wal.append(RECORD_TYPE.record, body));
    await Promise.all(calls);
    let next = 0;
    const reading = (async () => {
      for await (const records of wal.read(0)) {
        for (const { offset } of records) expect(offset).toBe(next++);
        await wal.trim(wal.end - 1);
      }
    })();
    const outcome = await reading.then(
      () => undefined,
      (error: unknown) => error,
    );
    if (outcome === undefined) expect(next).toBe(6_000);
    else expect(outcome).toMatchObject({ reason: "LOG_TRIMMED" });
  });

  test("trims that overlap are as one", async () => {
    const wal = await filled();
    await Promise.all([wal.trim(2), wal.trim(6), wal.trim(4)]);
    const left = await collect(wal.read(wal.start));
    expect(left.map(({ offset }) => offset)).toEqual(left.map((_, i) => wal.start + i));
  });
}

function closeTests(openLog: OpenLog, append: Append): void {
  test("finishes what was appended, refuses what comes after, and may be called again", async () => {
    const wal = await openLog();
    const calls = Array.from({ length: 100 }, (_, i) => append(wal, String(i)));
    const closing = wal.close();
    const late = append(wal, "late");
    await expect(late).rejects.toMatchObject({ reason: "SERVER_STOPPING", retryable: true });
    await closing;
    const answers = await Promise.all(calls);
    expect(answers.map(({ offset }) => offset)).toEqual(calls.map((_, i) => i));
    expect(wal.end).toBe(100);
    await wal.close();
  });

  test("ends followers and readers quietly", async () => {
    const wal = await openLog();
    await append(wal, "a");
    const waiting = collect(wal.follow(1, new AbortController().signal));
    const reading = wal.read(0);
    await wal.close();
    expect(await waiting).toEqual([]);
    expect(await collect(reading)).toEqual([]);
  });
}

function importTests(openLog: OpenLog, append: Append): void {
  test("keeps its name, offsets, log times and bodies, and goes on behind them", async () => {
    const source = await openLog({ firstOffset: 40 });
    for (let i = 0; i < 30; i++) await append(source, `record ${i}`);
    const records = await collect(source.read(40));
    const times = records.map((record, i) => ({
      ...record,
      logTime: record.logTime - 100 + i * 3,
    }));
    const { logId } = source;
    const copy = await openLog({ logId, firstOffset: 40, acceptClock: true });
    const appended = await Promise.all(times.map((record) => copy.import(record)));
    expect(appended).toEqual(times.map(({ offset, logTime }) => ({ offset, logTime })));
    expect(copy).toMatchObject({ logId, start: 40, end: 70, lastLogTime: times.at(-1)?.logTime });
    expect(await collect(copy.read(40))).toEqual(times);
    expect((await append(copy, "next")).offset).toBe(70);
  });
}

function reopenTests(
  openLog: OpenLog,
  append: Append,
  reopen: (closed: Wal) => Promise<ImportingWal>,
): void {
  test("everything that was answered is there, under the same name, and the log goes on", async () => {
    const first = await openLog({ firstOffset: 5 });
    const times: number[] = [];
    for (let i = 0; i < 20; i++) times.push((await append(first, String(i))).logTime);
    await first.close();
    const second = await reopen(first);
    const { logId, start, end, lastLogTime } = second;
    expect({ logId, start, end, lastLogTime }).toEqual({
      logId: first.logId,
      start: 5,
      end: 25,
      lastLogTime: times.at(-1) ?? 0,
    });
    expect((await append(second, "20")).offset).toBe(25);
    const found = (await collect(second.read(5))).map(({ body }) => text(body));
    expect(found).toEqual(Array.from({ length: 21 }, (_, i) => String(i)));
  });

  test("a log in which nothing was written keeps its name and its first offset", async () => {
    const first = await openLog({ firstOffset: 9 });
    await first.close();
    const { logId, start, end } = await reopen(first);
    expect({ logId, start, end }).toEqual({ logId: first.logId, start: 9, end: 9 });
  });
}

async function collect(batches: AsyncIterable<readonly LogRecord[]>): Promise<LogRecord[]> {
  const all: LogRecord[] = [];
  for await (const records of batches) all.push(...records);
  return all;
}
