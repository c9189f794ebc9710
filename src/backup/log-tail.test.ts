/** A log of one segment, damaged in its middle: batches that were acknowledged stand behind what does not verify. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { FakeClock } from "../../test/harness/fake-clock.ts";
import { refused } from "../../test/harness/refusal.ts";
import { SeededRandom } from "../../test/harness/seeded-random.ts";
import { appendText } from "../../test/harness/simulated-log.ts";
import {
  type TemporaryDirectory,
  temporaryDirectory,
} from "../../test/harness/temporary-directory.ts";
import { must } from "../base/assert.ts";
import type { Clock } from "../base/clock.ts";
import { openFileWal } from "../wal/file-wal/file-wal.ts";
import { segmentPath } from "../wal/file-wal/segment-names.ts";
import { observedTail } from "./log-tail.ts";
import type { LogTail } from "./restore-history.ts";

const never = new AbortController().signal;
// Waiting between two looks is over at once: what is looked at does not change meanwhile.
const clock: Clock = Object.assign(new FakeClock(), { sleep: () => Promise.resolve() });
let directory: TemporaryDirectory;

beforeEach(async () => {
  directory = temporaryDirectory();
  const place = { directory: directory.path, topic: "entdb-wal", partition: 0 };
  const wal = await openFileWal({ ...place, clock, random: new SeededRandom(1) });
  for (const text of ["first", "second", "third"]) await appendText(wal, text);
  await wal.close();
});
afterEach(() => directory[Symbol.dispose]());

function damage(text: string): void {
  const path = segmentPath(directory.path, 1);
  const bytes = readFileSync(path);
  bytes[bytes.indexOf(text)] = 0;
  writeFileSync(path, bytes);
}

async function tail(): Promise<LogTail> {
  return must(await observedTail(directory.path, clock), "there is a log");
}

async function offsetsOf(log: LogTail, before = Number.POSITIVE_INFINITY): Promise<number[]> {
  const offsets: number[] = [];
  for await (const records of log.read(0, never)) {
    offsets.push(...records.map(({ offset }) => offset));
    if (offsets.length >= before) break;
  }
  return offsets;
}

test("whoever reads to the end is told that acknowledged records behind it are damaged, each time", async () => {
  damage("second");
  const log = await tail();
  for (let i = 0; i < 2; i++) {
    expect(await refused(offsetsOf(log))).toMatchObject({ reason: "LOG_DAMAGED" });
  }
});

test("whoever wants no more than what stands before the damage gets it", async () => {
  damage("second");
  expect(await offsetsOf(await tail(), 1)).toEqual([0]);
});

test("a last batch that does not verify was never acknowledged, and ends the log", async () => {
  damage("third");
  const log = await tail();
  for (let i = 0; i < 2; i++) expect(await offsetsOf(log)).toEqual([0, 1]);
});
