/**
 * Goal: the contract holds over any service that keeps messages, whatever it does to requests.
 * Method: a partition in memory that answers at once or not at all; the waits are a clock's of
 * the test, so that nothing takes time.
 */
import { afterEach, describe, expect, test } from "bun:test";
import { walContract } from "../../../test/contract/wal.ts";
import { FakeClock } from "../../../test/harness/fake-clock.ts";
import { MessagePartition } from "../../../test/harness/message-partition.ts";
import { SeededRandom } from "../../../test/harness/seeded-random.ts";
import { systemClock } from "../../base/clock.ts";
import { turn } from "../../base/turn.ts";
import type { Appended, ImportingWal, Wal } from "../wal.ts";
import { RECORD_TYPE } from "../wal.ts";
import { type EpochWal, openEpochWal, viewEpochLog } from "./epoch-wal.ts";

const partitions = new Map<Wal, MessagePartition>();

for (const knowsPlaces of [false, true]) {
  const openIn = async (
    partition: MessagePartition,
    options: Parameters<typeof openEpochWal>[0],
  ) => {
    const wal = await openEpochWal(options, partition.open(systemClock, { knowsPlaces }));
    partitions.set(wal, partition);
    return wal;
  };
  walContract({
    name: knowsPlaces ? "a log that trusts answers" : "a log that reads back what it wrote",
    open: (options) => openIn(new MessagePartition(), options),
    reopen: (closed, options) => openIn(partitions.get(closed) ?? new MessagePartition(), options),
  });
}

const opened: EpochWal[] = [];
let seed = 0;

afterEach(async () => {
  for (const wal of opened.splice(0)) await wal.close();
});

/** With the system's waits unless the test has a clock for them. */
async function open(partition: MessagePartition, waits = systemClock): Promise<EpochWal> {
  const random = new SeededRandom(++seed);
  const options = { topic: "t", partition: 0, clock: new FakeClock(), random, waits };
  const wal = await openEpochWal(options, partition.open(waits));
  opened.push(wal);
  return wal;
}

const append = (wal: ImportingWal, text: string): Promise<Appended> =>
  wal.append(RECORD_TYPE.record, Buffer.from(text));

const fateOf = (call: Promise<Appended>) =>
  call.then(
    () => "kept",
    (error: Error & { reason?: string }) => error.reason ?? error.message,
  );

async function texts(wal: Pick<Wal, "read">): Promise<string[]> {
  const all: string[] = [];
  for await (const records of wal.read(0)) {
    for (const { body } of records) all.push(Buffer.from(body).toString());
  }
  return all;
}

/** Lets go of whatever waits for the clock, until the promise is settled. */
async function runOut<T>(clock: FakeClock, promise: Promise<T>): Promise<T> {
  let isSettled = false;
  const settled = () => {
    isSettled = true;
  };
  promise.then(settled, settled);
  while (!isSettled) {
    clock.advance(50);
    await turn();
  }
  return await promise;
}

describe("a message of which the answer is lost", () => {
  test.each(["answer lost", "twice", "request lost"] as const)(
    "is there once: %s",
    async (fault) => {
      const partition = new MessagePartition();
      const wal = await open(partition);
      let faults = 3;
      partition.fault = () => (faults-- > 0 ? fault : undefined);
      for (const text of ["a", "b", "c"]) expect(await fateOf(append(wal, text))).toBe("kept");
      expect(await texts(wal)).toEqual(["a", "b", "c"]);
    },
  );

  test("and that lands long after, when others are there, does not count again", async () => {
    const partition = new MessagePartition();
    const wal = await open(partition);
    let isFirst = true;
    partition.fault = () => {
      const fault = isFirst ? "late" : undefined;
      isFirst = false;
      return fault;
    };
    await append(wal, "a");
    await append(wal, "b");
    partition.landLate();
    await append(wal, "c");
    expect(await texts(wal)).toEqual(["a", "b", "c"]);
  });
});

describe("two writers", () => {
  test("the later one writes; what the earlier one sends, early or late, does not count", async () => {
    const partition = new MessagePartition();
    const first = await open(partition);
    await append(first, "a");
    partition.fault = (entries) => (entries.some(({ epoch }) => epoch === 2) ? "late" : undefined);
    const inDoubt = fateOf(append(first, "in doubt"));
    await turn();
    const second = await open(partition);
    await append(second, "b");
    partition.landLate();
    partition.fault = () => undefined;
    expect(await inDoubt).toBe("LOG_UNAVAILABLE");
    expect(await fateOf(append(first, "refused"))).toBe("LOG_UNAVAILABLE");
    await append(second, "c");
    expect(await texts(second)).toEqual(["a", "b", "c"]);
    expect(first.unavailable?.message).toContain("another server has taken over");
  });

  test("a look at the log disturbs nobody", async () => {
    const partition = new MessagePartition();
    const wal = await open(partition);
    await append(wal, "a");
    const options = {
      topic: "t",
      partition: 0,
      clock: new FakeClock(),
      random: new SeededRandom(9),
    };
    const view = await viewEpochLog(options, partition.open(systemClock));
    expect(view).toMatchObject({ logId: wal.logId, start: 0, end: 1 });
    expect(view && (await texts(view))).toEqual(["a"]);
    await view?.close();
    await append(wal, "b");
    const none = await viewEpochLog(options, new MessagePartition().open(systemClock));
    expect(none).toBeUndefined();
  });
});

test("a batch of which only the first messages landed answers each of its appends by itself", async () => {
  const partition = new MessagePartition();
  const wal = await open(partition);
  let left = 2;
  partition.fault = () => (left-- > 0 ? undefined : "refused");
  const fates = Array.from({ length: 130 }, (_, i) => fateOf(append(wal, String(i))));
  while (wal.unavailable === undefined) await turn();
  partition.fault = () => undefined;
  const counted = await Promise.all(fates);
  expect(counted.slice(0, 100)).toEqual(Array.from({ length: 100 }, () => "kept"));
  expect(counted.slice(100)).toEqual(Array.from({ length: 30 }, () => "LOG_UNAVAILABLE"));
  expect(await texts(wal)).toHaveLength(100);
  expect((await append(wal, "next")).offset).toBe(100);
});

describe("a service that is silent", () => {
  test("refuses after 5 seconds, leaves what was under way unknown after 15, and heals", async () => {
    const partition = new MessagePartition();
    const clock = new FakeClock();
    const wal = await runOut(clock, open(partition, clock));
    await append(wal, "a");
    partition.fault = () => "late";
    const began = clock.monotonic();
    const inDoubt = fateOf(append(wal, "in doubt"));
    await turn();
    const waiting = fateOf(append(wal, "waits behind it"));
    expect(await runOut(clock, waiting)).toBe("LOG_UNAVAILABLE");
    expect(clock.monotonic() - began).toBeWithin(5_000, 5_200);
    expect(await fateOf(append(wal, "refused"))).toBe("LOG_UNAVAILABLE");
    expect(await runOut(clock, inDoubt)).toBe("OUTCOME_UNKNOWN");
    expect(clock.monotonic() - began).toBeWithin(15_000, 15_200);
    partition.fault = () => undefined;
    partition.landLate();
    while (wal.unavailable !== undefined) await runOut(clock, Promise.resolve());
    await runOut(clock, append(wal, "b"));
    expect(await texts(wal)).toEqual(["a", "in doubt", "b"]);
  });

  test("cannot be opened; the error says what went wrong", async () => {
    const partition = new MessagePartition();
    partition.isSilent = true;
    const clock = new FakeClock();
    const error = runOut(clock, open(partition, clock));
    await expect(error).rejects.toMatchObject({ reason: "LOG_UNAVAILABLE", retryable: true });
    await expect(error).rejects.toMatchObject({ cause: { message: "no answer" } });
  });
});

test("a log to which nobody writes says every hour where it is, and nothing else", async () => {
  const partition = new MessagePartition();
  const clock = new FakeClock();
  const wal = await runOut(clock, open(partition, clock));
  await append(wal, "a");
  const before = partition.messages.length;
  for (let minute = 0; minute < 150; minute++) {
    clock.advance(60_000);
    for (let i = 0; i < 5; i++) await turn();
  }
  const added = partition.messages.slice(before).flatMap(({ entries }) => entries ?? []);
  expect(added.map(({ kind, offset }) => ({ kind, offset }))).toEqual([
    { kind: "mark", offset: 1 },
    { kind: "mark", offset: 1 },
  ]);
  expect(wal).toMatchObject({ start: 0, end: 1 });
});

test("nothing waits any more once it is closed: a process that is done ends", async () => {
  const partition = new MessagePartition();
  const clock = new FakeClock();
  const wal = await runOut(clock, open(partition, clock));
  await Promise.all(["a", "b"].map((text) => append(wal, text)));
  await wal.close();
  expect(clock.pendingTimers).toBe(0);
});
