/**
 * What an opening makes of what it finds. Goal: an unacknowledged tail is cut whole,
 * anything else is a named error, never a wrong value. Method: a small log on a simulated
 * disk, damaged in every way that can be listed, opened from a copy each time.
 */
import { describe, expect, test } from "bun:test";
import { SimulatedDisk, simulatedPath } from "../../../test/harness/simulated-disk.ts";
import {
  appendText,
  openSimulatedLog,
  reasonOf,
  SMALL_SEGMENT_BYTES,
  textsOf,
} from "../../../test/harness/simulated-log.ts";
import { turn } from "../../base/turn.ts";
import {
  decodeSegmentHeader,
  encodeSegmentHeader,
  SEGMENT_HEADER_BYTES,
} from "./segment-header.ts";
import { segmentPath } from "./segment-names.ts";

const SEGMENT_1 = segmentPath("/log", 1);
const SEGMENT_2 = segmentPath("/log", 2);
const SEGMENT_3 = segmentPath("/log", 3);
const IDENTITY = simulatedPath("log.json");

/** Where the batches of the small log begin and the last one ends. */
interface SmallLog {
  readonly disk: SimulatedDisk;
  readonly texts: readonly string[];
  readonly ends: readonly number[];
}

/** Three batches in one segment: of one, two and one record. */
async function smallLog(): Promise<SmallLog> {
  const disk = new SimulatedDisk();
  const wal = await openSimulatedLog(disk);
  await appendText(wal, "first");
  await Promise.all([appendText(wal, "second"), appendText(wal, "third, a little longer")]);
  await appendText(wal, "fourth");
  await wal.close();
  const overhead = [40 + 24 + 5, 40 + 24 + 6 + 24 + 22, 40 + 24 + 6];
  const ends = overhead.map((_, i) =>
    overhead.slice(0, i + 1).reduce((sum, bytes) => sum + bytes, SEGMENT_HEADER_BYTES),
  );
  return { disk, texts: ["first", "second", "third, a little longer", "fourth"], ends };
}

/** A log over three segments with records in each. */
async function longLog(): Promise<{ disk: SimulatedDisk; texts: string[] }> {
  const disk = new SimulatedDisk();
  const wal = await openSimulatedLog(disk);
  const texts = Array.from({ length: 12 }, (_, i) => `${i}`.repeat(2_500));
  for (const text of texts) await appendText(wal, text);
  await wal.close();
  return { disk, texts };
}

const wholeBatches = [0, 1, 3, 4];

/** Opens what is on the disk, reads all of it, and appends one more. */
async function openAndContinue(disk: SimulatedDisk): Promise<string[]> {
  const wal = await openSimulatedLog(disk, { seed: 2 });
  try {
    const texts = await textsOf(wal);
    const { offset } = await appendText(wal, "more");
    expect(offset).toBe(texts.length);
    expect(await textsOf(wal)).toEqual([...texts, "more"]);
    return texts;
  } finally {
    await wal.close();
    expect(disk.openFiles).toBe(0);
  }
}

describe("a torn tail", () => {
  test("cut at every byte: whole batches stay, the torn one goes, appending goes on", async () => {
    const { disk, texts, ends } = await smallLog();
    const last = (ends.at(-1) ?? 0) + 1;
    for (let length = SEGMENT_HEADER_BYTES; length <= last; length++) {
      const cut = disk.copy();
      cut.put(SEGMENT_1, disk.bytesOf(SEGMENT_1).subarray(0, length));
      const batches = ends.filter((end) => end <= length).length;
      expect(await openAndContinue(cut)).toEqual(texts.slice(0, wholeBatches[batches]));
      expect(cut.bytesOf(SEGMENT_1).length).toBe(SMALL_SEGMENT_BYTES);
    }
  });

  test("zeros from every byte on, as after a power cut: the same", async () => {
    const { disk, texts, ends } = await smallLog();
    for (let length = SEGMENT_HEADER_BYTES; length <= (ends.at(-1) ?? 0); length++) {
      const cut = disk.copy();
      cut.bytesOf(SEGMENT_1).fill(0, length);
      // Bodies end in no zeros here, so that a batch without its last byte does not verify.
      const batches = ends.filter((end) => end <= length).length;
      expect(await openAndContinue(cut)).toEqual(texts.slice(0, wholeBatches[batches]));
    }
  });

  test("cut within the header, which no crash can do, is damage", async () => {
    const { disk } = await smallLog();
    for (const length of [0, 1, 100, SEGMENT_HEADER_BYTES - 1]) {
      const cut = disk.copy();
      cut.put(SEGMENT_1, disk.bytesOf(SEGMENT_1).subarray(0, length));
      expect(await reasonOf(openSimulatedLog(cut))).toBe("LOG_DAMAGED");
    }
  });

  test("is zeroed before anything is appended, so that it can never verify again", async () => {
    const { disk, ends } = await smallLog();
    const torn = disk.copy();
    const end = ends[1] ?? 0;
    torn.bytesOf(SEGMENT_1)[end + 1] = 0;
    torn.bytesOf(SEGMENT_1)[SMALL_SEGMENT_BYTES - 1] = 9;
    const wal = await openSimulatedLog(torn);
    expect(
      torn
        .bytesOf(SEGMENT_1)
        .subarray(end)
        .every((byte) => byte === 0),
    ).toBe(true);
    const afterPowerCut = torn.afterPowerCut(() => false);
    expect(
      afterPowerCut
        .bytesOf(SEGMENT_1)
        .subarray(end)
        .every((byte) => byte === 0),
    ).toBe(true);
    await wal.close();
  });
});

describe("a flipped bit", () => {
  test("in every byte of the batches: all values, fewer whole batches, or LOG_DAMAGED, never others", async () => {
    const { disk, texts, ends } = await smallLog();
    const [afterFirst = 0, afterSecond = 0, end = 0] = ends;
    for (let at = SEGMENT_HEADER_BYTES; at < end + 200; at++) {
      const flipped = disk.copy();
      const bytes = flipped.bytesOf(SEGMENT_1);
      bytes[at] = (bytes[at] as number) ^ (1 << (at % 8));
      if (at < afterSecond) {
        const opening = openSimulatedLog(flipped);
        await expect(opening).rejects.toMatchObject({
          reason: "LOG_DAMAGED",
          details: { segment: "1", offset: at < afterFirst ? "0" : "1" },
        });
      } else {
        // The last batch may be one that was never acknowledged: it is cut, and nothing else.
        expect(await openAndContinue(flipped)).toEqual(texts.slice(0, at < end ? 3 : 4));
      }
      expect(flipped.openFiles).toBe(0);
    }
  });

  test("in every byte of the header is LOG_DAMAGED", async () => {
    const { disk } = await smallLog();
    for (let at = 0; at < SEGMENT_HEADER_BYTES; at++) {
      const flipped = disk.copy();
      flipped.bytesOf(SEGMENT_1)[at] = (flipped.bytesOf(SEGMENT_1)[at] as number) ^ (1 << (at % 8));
      expect(await reasonOf(openSimulatedLog(flipped))).toBe("LOG_DAMAGED");
      expect(flipped.openFiles).toBe(0);
    }
  });

  test("in every byte of log.json: the log as it is, or a named error", async () => {
    const { disk, texts } = await smallLog();
    for (let at = 0; at < disk.bytesOf(IDENTITY).length; at++) {
      const flipped = disk.copy();
      flipped.bytesOf(IDENTITY)[at] = (flipped.bytesOf(IDENTITY)[at] as number) ^ (1 << (at % 8));
      const outcome = await openAndContinue(flipped).catch((error: unknown) => error);
      if (Array.isArray(outcome)) expect(outcome).toEqual([...texts]);
      else
        expect(["LOG_DAMAGED", "FORMAT_TOO_NEW"]).toContain((outcome as { reason: string }).reason);
    }
  });

  test("in a segment that has a successor is LOG_DAMAGED wherever records stand", async () => {
    const { disk, texts } = await longLog();
    const end = decodeEnd(disk, SEGMENT_2);
    for (let at = SEGMENT_HEADER_BYTES; at < SMALL_SEGMENT_BYTES; at += 97) {
      const flipped = disk.copy();
      flipped.bytesOf(SEGMENT_1)[at] = (flipped.bytesOf(SEGMENT_1)[at] as number) ^ 1;
      if (at < end) expect(await reasonOf(openSimulatedLog(flipped))).toBe("LOG_DAMAGED");
      else expect(await openAndContinue(flipped)).toEqual(texts);
    }
  });
});

describe("files that are not as they were", () => {
  test.each([
    ["the first segment is missing", (disk: SimulatedDisk) => disk.drop(SEGMENT_1)],
    ["one in the middle is missing", (disk: SimulatedDisk) => disk.drop(SEGMENT_2)],
    ["all segments are missing", (disk: SimulatedDisk) => dropAll(disk)],
    ["two are swapped", (disk: SimulatedDisk) => swap(disk, SEGMENT_1, SEGMENT_2)],
    [
      "the newest is swapped with one before",
      (disk: SimulatedDisk) => swap(disk, SEGMENT_2, SEGMENT_3),
    ],
    ["one is there twice", (disk: SimulatedDisk) => disk.put(SEGMENT_2, disk.bytesOf(SEGMENT_1))],
    ["one is blank", (disk: SimulatedDisk) => disk.bytesOf(SEGMENT_2).fill(0)],
    [
      "a header is blank",
      (disk: SimulatedDisk) => disk.bytesOf(SEGMENT_3).fill(0, 0, SEGMENT_HEADER_BYTES),
    ],
    [
      "one is cut off",
      (disk: SimulatedDisk) => disk.put(SEGMENT_2, disk.bytesOf(SEGMENT_2).subarray(0, 9_000)),
    ],
    ["log.json is missing", (disk: SimulatedDisk) => disk.drop(IDENTITY)],
    ["log.json is empty", (disk: SimulatedDisk) => disk.put(IDENTITY, new Uint8Array(0))],
  ])("%s: LOG_DAMAGED", async (_name, damage) => {
    const { disk } = await longLog();
    damage(disk);
    expect(await reasonOf(openSimulatedLog(disk))).toBe("LOG_DAMAGED");
    expect(disk.openFiles).toBe(0);
  });

  test("a segment of another log, or the directory of another partition: LOG_DAMAGED", async () => {
    const { disk } = await longLog();
    const other = new SimulatedDisk();
    const wal = await openSimulatedLog(other, { seed: 5 });
    await appendText(wal, "theirs");
    await wal.close();
    const mixed = disk.copy();
    mixed.put(SEGMENT_1, other.bytesOf(SEGMENT_1));
    await expect(openSimulatedLog(mixed)).rejects.toThrow("belongs to another log");
    expect(await reasonOf(openSimulatedLog(disk, { partition: 1 }))).toBe("LOG_DAMAGED");
  });

  test("a segment of the same place with another salt: LOG_DAMAGED", async () => {
    const { disk } = await longLog();
    const reading = decodeSegmentHeader(disk.bytesOf(SEGMENT_1).subarray(0, SEGMENT_HEADER_BYTES));
    if (reading.kind !== "header") throw new Error("it has a header");
    const other = encodeSegmentHeader({ ...reading.header, salt: { high: 5, low: 5 } });
    disk.bytesOf(SEGMENT_1).set(other);
    await expect(openSimulatedLog(disk)).rejects.toThrow("not the one that the next continues");
  });

  test("a format of a later version: FORMAT_TOO_NEW", async () => {
    const { disk } = await smallLog();
    const identity = JSON.parse(disk.bytesOf(IDENTITY).toString()) as object;
    disk.put(IDENTITY, Buffer.from(JSON.stringify({ ...identity, format: 3 })));
    expect(await reasonOf(openSimulatedLog(disk))).toBe("FORMAT_TOO_NEW");
  });

  test("a disk that cannot be read: LOG_UNAVAILABLE with the system's error as cause", async () => {
    const { disk } = await smallLog();
    disk.fault = ({ kind }) => (kind === "read" ? { error: "EIO" } : undefined);
    const error: unknown = await openSimulatedLog(disk).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ reason: "LOG_UNAVAILABLE", cause: { code: "EIO" } });
    expect(disk.openFiles).toBe(0);
  });
});

describe("files beside the log", () => {
  test("a creation cut off at any operation is begun again", async () => {
    const whole = new SimulatedDisk();
    await (await openSimulatedLog(whole)).close();
    for (let at = 0; at < whole.operations; at++) {
      const disk = new SimulatedDisk();
      disk.fault = ({ number }) => (number === at ? "power cut" : undefined);
      const outcome = await openSimulatedLog(disk)
        .then((wal) => wal.close())
        .catch(() => undefined);
      expect(outcome).toBeUndefined();
      expect(await openAndContinue(disk.afterPowerCut(() => at % 2 === 0))).toEqual([]);
    }
  });

  test("an unfinished segment goes, a blank one of the right size is used, of another size goes", async () => {
    const { disk, texts } = await smallLog();
    disk.put(`${SEGMENT_3}.unfinished`, new Uint8Array(100));
    expect(disk.paths()).toContain(SEGMENT_2);
    const wal = await openSimulatedLog(disk, { segmentBytes: 32 * 1024 });
    expect(await textsOf(wal)).toEqual([...texts]);
    await wal.close();
    expect(disk.paths()).not.toContain(`${SEGMENT_3}.unfinished`);
    expect(disk.paths()).not.toContain(SEGMENT_2);
  });

  test("a blank segment whose name was not on disk yet is made so before it is used", async () => {
    const disk = new SimulatedDisk();
    let renamed = false;
    disk.fault = ({ kind, path }) => {
      if (kind === "syncDirectory" && renamed) return "power cut";
      renamed ||= kind === "rename" && path === SEGMENT_2;
      return undefined;
    };
    const killed = await openSimulatedLog(disk);
    await appendText(killed, "first");
    for (let i = 0; i < 200; i++) await turn();
    await killed.close().catch(() => undefined);
    expect(disk.paths()).toContain(SEGMENT_2);
    const next = disk.afterKill();
    next.fault = ({ path }) => (path.includes("3.segment") ? { error: "ENOSPC" } : undefined);
    const wal = await openSimulatedLog(next, { seed: 2 });
    const texts = ["x".repeat(10_000), "y".repeat(10_000)];
    for (const text of texts) await appendText(wal, text);
    expect(await openAndContinue(next.afterPowerCut(() => false))).toEqual(["first", ...texts]);
  });

  test("the next segment is made with the first record: a log that nobody writes to takes no room for one", async () => {
    const disk = new SimulatedDisk();
    const wal = await openSimulatedLog(disk);
    for (let i = 0; i < 200; i++) await turn();
    expect(disk.paths()).not.toContain(SEGMENT_2);
    await appendText(wal, "first");
    for (let i = 0; i < 200; i++) await turn();
    expect(disk.paths()).toContain(SEGMENT_2);
    await wal.close();
  });

  test("a header that was being written when the power went is nothing yet", async () => {
    const { disk, texts } = await smallLog();
    disk.bytesOf(SEGMENT_2).fill(0xee, 0, 512);
    expect(await openAndContinue(disk)).toEqual([...texts]);
  });
});

function decodeEnd(disk: SimulatedDisk, path: string): number {
  const reading = decodeSegmentHeader(disk.bytesOf(path).subarray(0, SEGMENT_HEADER_BYTES));
  return reading.kind === "header" ? reading.header.previous.endPosition : 0;
}

function dropAll(disk: SimulatedDisk): void {
  for (const path of disk.paths()) if (path.endsWith(".segment")) disk.drop(path);
}

function swap(disk: SimulatedDisk, a: string, b: string): void {
  const bytes = disk.bytesOf(a);
  disk.put(a, disk.bytesOf(b));
  disk.put(b, bytes);
}
