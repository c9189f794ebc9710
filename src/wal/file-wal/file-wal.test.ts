/** The embedded log as a whole, on a real file system: rolling, reopening, reading history. */
import { describe, expect, test } from "bun:test";
import {
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { FakeClock } from "../../../test/harness/fake-clock.ts";
import { SeededRandom } from "../../../test/harness/seeded-random.ts";
import { appendText, reasonOf, recordsOf, textsOf } from "../../../test/harness/simulated-log.ts";
import { temporaryDirectory } from "../../../test/harness/temporary-directory.ts";
import { limits } from "../../base/limits.ts";
import { RECORD_TYPE } from "../wal.ts";
import { openFileWal } from "./file-wal.ts";
import { MIN_SEGMENT_BYTES, SEGMENT_OVERHEAD_BYTES } from "./file-wal-options.ts";
import { SEGMENT_HEADER_BYTES } from "./segment-header.ts";

const SEGMENT_BYTES = 16 * 1024;

function open(directory: string, seed = 1, segmentBytes = SEGMENT_BYTES) {
  const clock = new FakeClock();
  const random = new SeededRandom(seed);
  return openFileWal({ directory, topic: "t", partition: 0, clock, random, segmentBytes });
}

describe("rolling over segments", () => {
  test("keeps order and content, gives each file its size, and numbers them", async () => {
    using place = temporaryDirectory();
    const wal = await open(place.path);
    const texts = Array.from({ length: 400 }, (_, i) => `${i} ${"x".repeat((i * 131) % 3_000)}`);
    for (let i = 0; i < texts.length; i += 8) {
      await Promise.all(texts.slice(i, i + 8).map((text) => appendText(wal, text)));
    }
    expect(await textsOf(wal)).toEqual(texts);
    await wal.close();
    const segments = readdirSync(place.path).filter((name) => name.endsWith(".segment"));
    expect(segments.length).toBeGreaterThan(30);
    for (const name of segments) {
      const { size, mode } = statSync(join(place.path, name));
      expect(size).toBe(SEGMENT_BYTES);
      expect(mode & 0o777).toBe(0o600);
    }
    const again = await open(place.path, 2);
    expect(await textsOf(again)).toEqual(texts);
    for (const from of [0, 1, 57, 399]) {
      expect((await recordsOf(again.read(from))).map(({ offset }) => offset)).toEqual(
        Array.from({ length: 400 - from }, (_, i) => from + i),
      );
    }
    await again.close();
  });

  test("a record that fills a segment to the last byte fits; a larger one is refused", async () => {
    using place = temporaryDirectory();
    const wal = await open(place.path, 1, MIN_SEGMENT_BYTES);
    const most = MIN_SEGMENT_BYTES - SEGMENT_OVERHEAD_BYTES;
    for (let i = 0; i < 3; i++) await wal.append(RECORD_TYPE.record, new Uint8Array(most).fill(i));
    const refused = wal.append(RECORD_TYPE.record, new Uint8Array(most + 1));
    expect(await reasonOf(refused)).toBe("LIMIT_EXCEEDED");
    await wal.close();
    const again = await open(place.path, 2, MIN_SEGMENT_BYTES);
    expect((await recordsOf(again)).map(({ body }) => [body.length, body[0]])).toEqual([
      [most, 0],
      [most, 1],
      [most, 2],
    ]);
    await again.close();
  });

  test("an appended segment size may change between runs", async () => {
    using place = temporaryDirectory();
    const texts: string[] = [];
    for (const [run, segmentBytes] of [16_384, 40_000, 8_192, 2 ** 20].entries()) {
      const wal = await open(place.path, run, segmentBytes);
      for (let i = 0; i < 20; i++) {
        texts.push(`${run}:${i} ${"y".repeat(2_000)}`);
        await appendText(wal, texts.at(-1) ?? "");
      }
      expect(await textsOf(wal)).toEqual(texts);
      await wal.close();
    }
  });

  test("more than one batch holds is cut into several, in order", async () => {
    using place = temporaryDirectory();
    const wal = await open(place.path, 1, 32 * 1024 * 1024);
    const body = new Uint8Array(limits.logBatchBytes / 4);
    const answers = await Promise.all(
      Array.from({ length: 9 }, () => wal.append(RECORD_TYPE.record, body)),
    );
    expect(answers.map(({ offset }) => offset)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    expect(await recordsOf(wal)).toHaveLength(9);
    await wal.close();
  });
});

describe("reading history", () => {
  test("of a log that outgrew its tail cache, from anywhere, while it grows", async () => {
    using place = temporaryDirectory();
    const wal = await open(place.path, 1, 4 * 1024 * 1024);
    const body = new Uint8Array(limits.logTailBytes / 64);
    for (let i = 0; i < 20; i++) {
      await Promise.all([0, 1, 2, 3].map(() => wal.append(RECORD_TYPE.record, body)));
    }
    const stop = new AbortController();
    let next = 3;
    for await (const records of wal.follow(3, stop.signal)) {
      for (const { offset, body: read } of records) {
        expect(offset).toBe(next++);
        expect(read.length).toBe(body.length);
      }
      if (next < 120 && wal.end < 120) await wal.append(RECORD_TYPE.record, body);
      if (next === 97) break;
    }
    expect(next).toBe(97);
    await wal.close();
  });

  test("names damage that came after the opening, and goes on behind it", async () => {
    using place = temporaryDirectory();
    const first = await open(place.path);
    for (let i = 0; i < 10; i++) await appendText(first, `${i}`.repeat(3_000));
    await first.close();
    const wal = await open(place.path, 2);
    const path = join(place.path, "0000000001.segment");
    const bytes = readFileSync(path);
    bytes[SEGMENT_HEADER_BYTES + 3_500] = 0;
    writeFileSync(path, bytes);
    await expect(recordsOf(wal)).rejects.toMatchObject({
      reason: "LOG_DAMAGED",
      details: { segment: "1", offset: "1" },
    });
    expect((await recordsOf(wal.read(8))).map(({ offset }) => offset)).toEqual([8, 9]);
    expect((await appendText(wal, "still taken")).offset).toBe(10);
    await wal.close();
  });

  test("refuses a segment that is a link", async () => {
    using place = temporaryDirectory();
    await (await open(place.path)).close();
    const path = join(place.path, "0000000001.segment");
    renameSync(path, join(place.path, "elsewhere"));
    symlinkSync(join(place.path, "elsewhere"), path);
    await expect(open(place.path)).rejects.toMatchObject({
      reason: "LOG_UNAVAILABLE",
      cause: { code: "ELOOP" },
    });
  });
});

describe("any appends and reopenings", () => {
  test("give the log that an array gives", async () => {
    const step = fc.oneof(
      { weight: 5, arbitrary: fc.array(fc.nat(5_000), { minLength: 1, maxLength: 20 }) },
      { weight: 1, arbitrary: fc.constant("reopen" as const) },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), fc.nat(), async (steps, from) => {
        using place = temporaryDirectory();
        const model: string[] = [];
        let wal = await open(place.path);
        for (const [i, what] of steps.entries()) {
          if (what === "reopen") {
            await wal.close();
            wal = await open(place.path, i + 2);
          } else {
            const texts = what.map((length, j) => `${i}:${j} ${"z".repeat(length)}`);
            await Promise.all(texts.map((text) => appendText(wal, text)));
            model.push(...texts);
          }
          expect(wal.end).toBe(model.length);
        }
        expect(await textsOf(wal)).toEqual(model);
        const start = from % (model.length + 1);
        expect(await recordsOf(wal.read(start))).toHaveLength(model.length - start);
        await wal.close();
      }),
      { numRuns: 40 },
    );
  });
});
