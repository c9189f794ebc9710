/**
 * Retention of the archive. Goal: old days go, and every tenant always keeps one complete chain.
 * Method: an archiver over a log in memory, days that pass by the test's clock, and what is
 * left read back.
 */
import { describe, expect, test } from "bun:test";
import { ArchiveBench } from "../../test/harness/archive-bench.ts";

const DAY_MS = 86_400_000;

/** An archive with three records on each of so many days. */
async function archiveOfDays(days: number): Promise<ArchiveBench> {
  const bench = await ArchiveBench.open();
  const begun = bench.clock.now();
  for (let day = 0; day < days; day++) {
    await bench.append("acme", 3);
    await bench.caughtUp();
    await bench.stop();
    // Waiting took some of the day.
    bench.clock.advance(begun + (day + 1) * DAY_MS - bench.clock.now());
    await bench.start();
  }
  await bench.stop();
  return bench;
}

const daysOf = async (bench: ArchiveBench) =>
  (await bench.keys("archive/acme/"))
    .filter((key) => key.endsWith(".gz"))
    .map((key) => key.split("/")[2]);

/** Runs the archiver until it has looked for what may go. */
async function retained(bench: ArchiveBench): Promise<void> {
  const until = bench.clock.now() + 2 * 3_600_000;
  await bench.start();
  await bench.until(() => bench.clock.now() > until);
  await bench.stop();
}

const ALL = ["2024-01-15", "2024-01-16", "2024-01-17", "2024-01-18", "2024-01-19"];

describe("retention of the archive", () => {
  test("0 keeps everything for ever", async () => {
    await using bench = await archiveOfDays(5);
    bench.snapshots.set("acme", 14);
    await retained(bench);
    expect(await daysOf(bench)).toEqual(ALL);
  });

  test("days that are over go, from the oldest on; what is left is read from its beginning", async () => {
    await using bench = await archiveOfDays(5);
    bench.retentionDays = 3;
    bench.snapshots.set("acme", 14);
    await retained(bench);
    expect(await daysOf(bench)).toEqual(ALL.slice(2));
    const left = (await bench.logged("acme")).slice(6);
    expect(await bench.archived("acme", 6)).toEqual(left);
    await expect(bench.archived("acme", 5)).rejects.toMatchObject({ reason: "LOG_TRIMMED" });
    await expect(bench.archived("acme", 0)).rejects.toMatchObject({ reason: "LOG_TRIMMED" });
  });

  test("without a snapshot nothing goes: there would be no chain", async () => {
    await using bench = await archiveOfDays(5);
    bench.retentionDays = 1;
    await retained(bench);
    expect(await daysOf(bench)).toEqual(ALL);
  });

  test.each([
    [5, 2],
    [4, 1],
    [0, 0],
  ])("what a snapshot at %d is continued by stays, however old", async (position, gone) => {
    await using bench = await archiveOfDays(5);
    bench.retentionDays = 1;
    bench.snapshots.set("acme", position);
    await retained(bench);
    expect(await daysOf(bench)).toEqual(ALL.slice(gone));
    const behind = (await bench.logged("acme")).slice(position + 1);
    expect(await bench.archived("acme", position + 1)).toEqual(behind);
  });

  test("the newest day stays, and the archive goes on behind it", async () => {
    await using bench = await archiveOfDays(2);
    bench.clock.advance(100 * DAY_MS);
    bench.retentionDays = 1;
    bench.snapshots.set("acme", 5);
    await retained(bench);
    expect(await daysOf(bench)).toEqual(["2024-01-16"]);
    await bench.append("acme", 2);
    await bench.start();
    await bench.caughtUp();
    // By now it may have gone, as it is no longer the newest.
    expect(await bench.archived("acme", 6)).toEqual((await bench.logged("acme")).slice(6));
    await expect(bench.archived("acme")).rejects.toMatchObject({ reason: "LOG_TRIMMED" });
  });
});
