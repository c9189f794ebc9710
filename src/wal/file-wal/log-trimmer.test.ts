/**
 * Trimming the embedded log on a disk that forgets. Goal: whatever crashes on the way, the log
 * opens with every record that was not to go, and files of the others do not stay. Method: power
 * is cut, or an operation fails, at every single operation of a trim.
 */
import { describe, expect, test } from "bun:test";
import { SIMULATED_DIRECTORY, SimulatedDisk } from "../../../test/harness/simulated-disk.ts";
import {
  appendText,
  openSimulatedLog,
  reasonOf,
  textsOf,
} from "../../../test/harness/simulated-log.ts";
import type { FileWal } from "./file-wal.ts";
import { segmentSequences } from "./segment-names.ts";

const RECORDS = 40;
const BEFORE = 30;

/** A log of several segments. */
async function filled(disk: SimulatedDisk): Promise<FileWal> {
  const wal = await openSimulatedLog(disk);
  for (let i = 0; i < RECORDS; i++) await appendText(wal, `${i}:${"x".repeat(1_000)}`);
  return wal;
}

async function sequences(disk: SimulatedDisk): Promise<number[]> {
  return segmentSequences(await disk.list(SIMULATED_DIRECTORY));
}

const expected = (start: number) =>
  Array.from({ length: RECORDS - start }, (_, i) => `${start + i}:${"x".repeat(1_000)}`);

describe("trimming the embedded log", () => {
  test("removes files, and the log opens where it begins now", async () => {
    const disk = new SimulatedDisk();
    const wal = await filled(disk);
    const before = await sequences(disk);
    await wal.trim(BEFORE);
    const { start } = wal;
    expect(start).toBeGreaterThan(10);
    expect(start).toBeLessThanOrEqual(BEFORE);
    expect((await sequences(disk)).length).toBeLessThan(before.length);
    expect(await textsOf(wal)).toEqual(expected(start));
    await wal.close();
    const again = await openSimulatedLog(disk);
    expect(again.start).toBe(start);
    expect(await textsOf(again)).toEqual(expected(start));
    expect((await appendText(again, "more")).offset).toBe(RECORDS);
    await again.close();
  });

  test("keeps the newest record, which says what time it is", async () => {
    const disk = new SimulatedDisk();
    const wal = await filled(disk);
    const { lastLogTime } = wal;
    await wal.trim(RECORDS);
    expect(wal.start).toBeLessThan(RECORDS);
    await wal.close();
    const again = await openSimulatedLog(disk);
    expect(again.lastLogTime).toBe(lastLogTime);
    await again.close();
  });

  test("disk use stays bounded in a long run", async () => {
    const disk = new SimulatedDisk();
    const wal = await openSimulatedLog(disk);
    let most = 0;
    for (let i = 0; i < 500; i++) {
      await appendText(wal, "x".repeat(1_000));
      await wal.trim(wal.end);
      most = Math.max(most, (await sequences(disk)).length);
    }
    // The one that is written, the one before it while it is empty, and the one prepared.
    expect(most).toBeLessThanOrEqual(4);
    await wal.close();
  });

  test("power cut at every operation: nothing that was to stay is lost, no file stays behind", async () => {
    for (let fatal = 0; ; fatal++) {
      const disk = new SimulatedDisk();
      const wal = await filled(disk);
      let left = fatal;
      let isCut = false;
      disk.fault = () => {
        if (isCut || left-- > 0) return undefined;
        isCut = true;
        return "power cut";
      };
      const trimmed = await wal.trim(BEFORE).then(
        () => true,
        () => false,
      );
      disk.fault = () => undefined;
      await wal.close().catch(() => undefined);
      const after = isCut ? disk.afterPowerCut(() => true) : disk;
      const again = await openSimulatedLog(after);
      expect(again.start).toBeLessThanOrEqual(BEFORE);
      expect(await textsOf(again)).toEqual(expected(again.start));
      const oldest = (await sequences(after))[0] ?? 0;
      await again.trim(BEFORE);
      const { start } = again;
      expect(await textsOf(again)).toEqual(expected(start));
      await again.close();
      expect(oldest).toBeGreaterThan(0);
      if (trimmed && !isCut) break;
    }
  });

  test("an operation that fails leaves a log that works, and the next trim does the rest", async () => {
    for (let failing = 0; ; failing++) {
      const disk = new SimulatedDisk();
      const wal = await filled(disk);
      let left = failing;
      let failed = false;
      disk.fault = () => {
        if (failed || left-- > 0) return undefined;
        failed = true;
        return { error: "ENOSPC" };
      };
      const outcome = await wal.trim(BEFORE).then(
        () => "done",
        () => "failed",
      );
      disk.fault = () => undefined;
      expect(await textsOf(wal)).toEqual(expected(wal.start));
      await wal.trim(BEFORE);
      expect((await appendText(wal, "more")).offset).toBe(RECORDS);
      await wal.close();
      const again = await openSimulatedLog(disk);
      expect((await textsOf(again)).slice(0, -1)).toEqual(expected(again.start));
      await again.close();
      if (!failed) {
        expect(outcome).toBe("done");
        break;
      }
    }
  });

  test("a segment that is missing behind where the log begins is still damage", async () => {
    const disk = new SimulatedDisk();
    const wal = await filled(disk);
    await wal.trim(BEFORE);
    await wal.close();
    const [oldest] = await sequences(disk);
    await disk.remove(`${SIMULATED_DIRECTORY}/${String(oldest).padStart(10, "0")}.segment`);
    expect(await reasonOf(openSimulatedLog(disk))).toBe("LOG_DAMAGED");
  });
});
