/** A log is written by one open `FileWal` and looked at from outside, beside it and after it. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { truncateSync } from "node:fs";
import { open } from "node:fs/promises";
import { FakeClock } from "../../../test/harness/fake-clock.ts";
import { SeededRandom } from "../../../test/harness/seeded-random.ts";
import { appendText, reasonOf, SMALL_SEGMENT_BYTES } from "../../../test/harness/simulated-log.ts";
import {
  type TemporaryDirectory,
  temporaryDirectory,
} from "../../../test/harness/temporary-directory.ts";
import type { Clock } from "../../base/clock.ts";
import { type FileWal, openFileWal } from "./file-wal.ts";
import { type ObservedEnd, type ObserveOptions, observeLog } from "./observe-log.ts";
import { segmentPath } from "./segment-names.ts";

let directory: TemporaryDirectory;
let wal: FileWal;

beforeEach(async () => {
  directory = temporaryDirectory();
  wal = await openWal();
});

afterEach(async () => {
  await wal.close();
  directory[Symbol.dispose]();
});

function openWal(): Promise<FileWal> {
  return openFileWal({
    directory: directory.path,
    topic: "entdb-wal",
    partition: 0,
    segmentBytes: SMALL_SEGMENT_BYTES,
    clock: new FakeClock(),
    random: new SeededRandom(1),
  });
}

async function observe(
  options: Partial<ObserveOptions> = {},
): Promise<{ texts: string[]; offsets: number[]; end: ObservedEnd | undefined }> {
  // Waiting between two looks is over at once: what is looked at does not change meanwhile.
  const clock: Clock = Object.assign(new FakeClock(), { sleep: () => Promise.resolve() });
  const steps = observeLog({ directory: directory.path, clock, ...options });
  const texts: string[] = [];
  const offsets: number[] = [];
  for (;;) {
    const step = await steps.next();
    if (step.done) return { texts, offsets, end: step.value };
    for (const { body, offset } of step.value) {
      texts.push(new TextDecoder().decode(body));
      offsets.push(offset);
    }
  }
}

const LONG = "x".repeat(3_000);

/** Texts over several segments, each told apart by its number. */
async function appendMany(count: number): Promise<string[]> {
  const texts = Array.from({ length: count }, (_, i) => `${i} ${LONG}`);
  for (const text of texts) await appendText(wal, text);
  return texts;
}

test("an empty log has an end and no records", async () => {
  const { texts, end } = await observe();
  expect(texts).toEqual([]);
  expect(end).toEqual({ logId: wal.logId, partition: 0, endOffset: 0, tornTail: false });
});

test("a directory without a log has none", async () => {
  using empty = temporaryDirectory();
  expect((await observe({ directory: empty.path })).end).toBeUndefined();
  expect((await observe({ directory: `${empty.path}/nowhere` })).end).toBeUndefined();
});

test("beside the open log and after it, over several segments, the same", async () => {
  const written = await appendMany(20);
  const beside = await observe();
  expect(beside.texts).toEqual(written);
  expect(beside.offsets).toEqual(written.map((_, i) => i));
  expect(beside.end).toMatchObject({ endOffset: 20, tornTail: false });
  await wal.close();
  expect(await observe()).toEqual(beside);
});

test("from any offset on, from the end and from beyond it", async () => {
  const written = await appendMany(12);
  for (let from = 0; from <= 13; from++) {
    const { texts, end } = await observe({ from });
    expect(texts).toEqual(written.slice(from));
    expect(end?.endOffset).toBe(12);
  }
});

test("followed, it gives what comes later, also in segments that begin later", async () => {
  const stop = new AbortController();
  const all = Array.from({ length: 15 }, (_, i) => `${i} ${LONG}`);
  await appendText(wal, all[0] ?? "");
  let next = 1;
  // Each wait for more lets one more record come; after the last one the follower is stopped.
  const sleep = async () => {
    const text = all[next++];
    if (text === undefined) stop.abort();
    else await appendText(wal, text);
  };
  const clock: Clock = Object.assign(new FakeClock(), { sleep });
  const { texts, end } = await observe({ follow: true, signal: stop.signal, clock });
  expect(texts).toEqual(all);
  expect(end?.endOffset).toBe(15);
});

test("it changes nothing and does not keep the log from being opened", async () => {
  await appendMany(6);
  await wal.close();
  const bytes = () => Bun.file(segmentPath(directory.path, 1)).bytes();
  const before = await bytes();
  await observe();
  expect(await bytes()).toEqual(before);
  wal = await openWal();
  expect(wal.end).toBe(6);
});

test("a torn tail ends the log, and is told", async () => {
  const written = await appendMany(2);
  await wal.close();
  await damageLastBatch();
  const { texts, end } = await observe();
  expect(texts).toEqual(written.slice(0, 1));
  expect(end).toMatchObject({ endOffset: 1, tornTail: true });
});

test("a damaged batch with another behind it is no torn tail, for who looks at everything", async () => {
  await appendMany(3);
  await wal.close();
  await damageByte(segmentPath(directory.path, 1), 4096 + 100);
  expect((await observe()).end).toMatchObject({ endOffset: 0, tornTail: true });
  expect(await reasonOf(observe({ thorough: true }))).toBe("LOG_DAMAGED");
});

test("looking at everything finds nothing wrong with a log that is whole, or torn", async () => {
  const written = await appendMany(7);
  expect((await observe({ thorough: true })).texts).toEqual(written);
  await wal.close();
  expect((await observe({ thorough: true })).end).toMatchObject({ endOffset: 7, tornTail: false });
});

test("damage before the end of a segment that has a successor is a named error", async () => {
  await appendMany(20);
  await wal.close();
  await damageByte(segmentPath(directory.path, 1), 4096 + 100);
  expect(await reasonOf(observe())).toBe("LOG_DAMAGED");
  // What lies in later segments can still be looked at.
  expect((await observe({ from: 15 })).texts).toHaveLength(5);
});

test("a segment that is missing is a named error", async () => {
  await appendMany(20);
  await wal.close();
  await Bun.file(segmentPath(directory.path, 2)).delete();
  expect(await reasonOf(observe())).toBe("LOG_DAMAGED");
});

test("a segment cut within its header is a named error", async () => {
  await appendMany(1);
  await wal.close();
  truncateSync(segmentPath(directory.path, 1), 100);
  expect(await reasonOf(observe())).toBe("LOG_DAMAGED");
});

/** Flips a bit in the body of the last of two batches. */
async function damageLastBatch(): Promise<void> {
  const path = segmentPath(directory.path, 1);
  const bytes = Buffer.from(await Bun.file(path).bytes());
  const at = bytes.lastIndexOf("x");
  await damageByte(path, at);
}

async function damageByte(path: string, at: number): Promise<void> {
  const handle = await open(path, "r+");
  try {
    const byte = new Uint8Array(1);
    await handle.read(byte, 0, 1, at);
    byte[0] = (byte[0] ?? 0) ^ 1;
    await handle.write(byte, 0, 1, at);
  } finally {
    await handle.close();
  }
}

test("a trimmed log is seen from where it begins; below that it says so", async () => {
  for (let i = 0; i < 40; i++) await appendText(wal, LONG);
  await wal.trim(30);
  const { start } = wal;
  expect(start).toBeGreaterThan(0);
  const { offsets } = await observe();
  expect(offsets).toEqual(Array.from({ length: 40 - start }, (_, i) => start + i));
  expect(await reasonOf(observe({ from: start - 1 }))).toBe("LOG_TRIMMED");
  expect((await observe({ from: start })).offsets[0]).toBe(start);
});

test("who follows a log that is trimmed behind them reads on", async () => {
  const stop = new AbortController();
  const clock: Clock = Object.assign(new FakeClock(), { sleep: () => Promise.resolve() });
  const options = { directory: directory.path, clock, follow: true, signal: stop.signal };
  const steps = observeLog(options);
  let next = 0;
  for (let round = 0; round < 4; round++) {
    for (let i = 0; i < 15; i++) await appendText(wal, LONG);
    while (next < wal.end) {
      const step = await steps.next();
      if (step.done) throw new Error("the walk ended");
      for (const { offset } of step.value) expect(offset).toBe(next++);
    }
    await wal.trim(wal.end);
  }
  expect(wal.start).toBeGreaterThan(30);
  stop.abort();
  await steps.return(undefined);
});
