/**
 * An archive that has lost its newest objects. Goal: whoever reads it, and whoever writes it on, is
 * told which object is missing, also when the disk with the archiver's position is gone; and the
 * log keeps what the archive has lost. Method: an archiver over a log in memory, whose objects the
 * test removes.
 */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { rmSync } from "node:fs";
import { ArchiveBench } from "../../test/harness/archive-bench.ts";
import { until } from "../../test/harness/partition.ts";
import { refused } from "../../test/harness/refusal.ts";
import { readArchivePosition } from "./archive-position.ts";
import { ArchiveReader } from "./archive-reader.ts";
import { ArchiveTails } from "./archive-tails.ts";
import { JoinedHistory } from "./joined-history.ts";
import { archivePrefix } from "./keys.ts";
import { statedTails } from "./stated-tails.ts";

/** How often tails are made safe while little is stored. */
const SECURED_EVERY_MS = 60_000;
const never = new AbortController().signal;
let bench: ArchiveBench;

beforeEach(async () => {
  bench = await ArchiveBench.open();
  for (let segment = 0; segment < 3; segment++) {
    await bench.append("acme", 2);
    await bench.append("globex", 1);
    await bench.caughtUp();
  }
});
afterEach(() => bench[Symbol.asyncDispose]());

/** The key of a tenant's segment, whichever day it came to lie on. */
async function segment(number: number, part = "jsonl.gz", tenantId = "acme"): Promise<string> {
  const keys = await bench.keys(archivePrefix(tenantId));
  const key = keys.filter((one) => one.endsWith(part))[number - 1];
  if (key === undefined) throw new Error(`there is no segment ${number}`);
  return key;
}

async function remove(...keys: string[]): Promise<void> {
  for (const one of keys) await bench.store.delete(one, never);
}

/** Returns the key of its records. */
async function removeSegment(number: number): Promise<string> {
  const [records, checksum] = [await segment(number), await segment(number, "checksum")];
  await remove(records, checksum);
  return records;
}

async function removeAll(tenantId: string): Promise<void> {
  await remove(...(await bench.keys(archivePrefix(tenantId))));
}

/** Lets time pass until the log may be trimmed up to its end. */
const secured = () => bench.until(() => bench.archiver.securedOffset === bench.wal.end);

async function read(tenantId = "acme", from = 0) {
  const position = await readArchivePosition(bench.directory, 0);
  const reader = new ArchiveReader(bench.store, statedTails(bench.store, position));
  return (await Array.fromAsync(reader.read(tenantId, from, never))).flat();
}

async function expectMissing(name: string, reading: Promise<unknown> = read()): Promise<void> {
  const error = await refused(reading);
  expect(error).toMatchObject({ reason: "OBJECT_NOT_FOUND", details: { key: name } });
  expect(error.message).toContain(name);
  expect(error.hint).toContain("Put the object back");
}

describe("a reader, who knows what was archived by", () => {
  const forgetCopies = async () => remove(...(await bench.keys("archived/")));
  const forgetDisk = async () => rmSync(`${bench.directory}/archived-0.json`);

  describe.each([
    ["the position on the disk", forgetCopies],
    ["its copies beside the archive", forgetDisk],
  ])("%s", (_by, forgetOther) => {
    beforeEach(async () => {
      await secured();
      await bench.stop();
      await forgetOther();
    });

    test("is given all of an archive that is whole", async () => {
      expect(await read()).toEqual(await bench.logged("acme"));
      expect(await read("nobody")).toEqual([]);
    });

    test("is told of the newest segment, and where what is left ends", async () => {
      await expectMissing(await removeSegment(3));
      expect(await refused(read())).toMatchObject({
        details: { archived_to: "7", left_to: "4" },
      });
    });

    test.each(["jsonl.gz", "checksum"])(
      "is told of the newest segment's %s alone",
      async (part) => {
        const key = await segment(3, part);
        await remove(key);
        await expectMissing(key);
      },
    );

    test("is told of the newest ones", async () => {
      const newest = await removeSegment(3);
      await removeSegment(2);
      await expectMissing(newest);
    });

    test("is told of one in the middle", async () => {
      await expectMissing(await removeSegment(2));
    });

    test("is told when nothing of a tenant is there any more", async () => {
      const newest = await segment(3);
      await removeAll("acme");
      await expectMissing(newest);
      expect(await read("globex")).toEqual(await bench.logged("globex"));
    });

    test("is told of another segment under the newest one's name", async () => {
      const parts = ["jsonl.gz", "checksum"];
      const from = await Promise.all(parts.map((part) => segment(1, part)));
      const to = await Promise.all(parts.map((part) => segment(3, part)));
      const bytes = await Promise.all(from.map((key) => bench.store.get(key, never)));
      await removeAll("acme");
      for (const [i, key] of to.entries()) {
        await bench.store.put(key, bytes[i] as Uint8Array, never);
      }
      const error = await refused(read());
      expect(`${error.message} ${error.details["key"]}`).toContain(to[0] as string);
    });

    test("is not told of what was not asked for", async () => {
      await removeAll("acme");
      expect(await read("acme", 8)).toEqual([]);
    });
  });

  test("the log's own records, is not told of what the log still has", async () => {
    const newest = await segment(3);
    await removeAll("acme");
    const tails = statedTails(bench.store, await readArchivePosition(bench.directory, 0));
    const reader = new ArchiveReader(bench.store, tails);
    await bench.wal.trim(5);
    const history = new JoinedHistory(bench.wal, reader, 0);
    await expectMissing(newest, Array.fromAsync(history.read("acme", 0, never)));
    const rest = await Array.fromAsync(history.read("acme", 5, never));
    expect(rest.flatMap(({ records }) => records).map(({ offset }) => offset)).toEqual([
      5, 6, 7, 8,
    ]);
  });
});

test("an older segment than the one that was archived, under its name, is damage", async () => {
  const { tails: all = [] } = (await readArchivePosition(bench.directory, 0)) ?? {};
  const tail = all.find(({ name }) => name.tenantId === "acme");
  if (tail === undefined) throw new Error("something was archived");
  const tails = new ArchiveTails([{ ...tail, sha256: "0".repeat(64) }]);
  const reading = Array.fromAsync(new ArchiveReader(bench.store, tails).read("acme", 0, never));
  const error = await refused(reading);
  expect(error).toMatchObject({ reason: "OBJECT_DAMAGED", details: { key: await segment(3) } });
});

describe("the archiver", () => {
  test("lets the log be trimmed when the newest objects are there, and named beside them", async () => {
    await secured();
    expect(await bench.keys("archived/")).not.toEqual([]);
    for (let i = 0; i < 3; i++) {
      await bench.append("acme", 1);
      await secured();
    }
    expect(await bench.keys("archived/")).toHaveLength(2);
  });

  test("keeps the log, and names the object, when one is gone before that", async () => {
    await secured();
    const before = bench.archiver.securedOffset;
    const find = bench.store.find.bind(bench.store);
    bench.store.find = () => Promise.resolve(undefined);
    await bench.append("acme", 1);
    await bench.until(() => bench.archiver.state().failure !== undefined);
    const key = await segment(4);
    expect(bench.archiver.state().failure).toMatchObject({ details: { key } });
    expect(bench.archiver.securedOffset).toBe(before);
    bench.store.find = find;
    await secured();
    expect(bench.archiver.state().failure).toBeUndefined();
  });

  test("looks at all of them after a start", async () => {
    await bench.stop();
    const newest = await segment(3, "jsonl.gz", "globex");
    await removeAll("globex");
    await bench.start();
    await bench.append("acme", 1);
    await bench.until(() => bench.archiver.state().failure !== undefined);
    expect(bench.archiver.state().failure).toMatchObject({ details: { key: newest } });
    expect(bench.archiver.securedOffset).toBe(0);
  });

  test("does not go on behind a gap, as if nothing had been there; it does when all is back", async () => {
    const removed = [await segment(3), await segment(3, "checksum")];
    const objects = await Promise.all(removed.map((key) => bench.store.get(key, never)));
    await bench.stop();
    await remove(...removed);
    await bench.append("acme", 1);
    await bench.start();
    await bench.until(() => bench.failures.length > 0);
    expect(bench.failures[0]).toMatchObject({ details: { key: removed[0] } });
    expect(await bench.keys(archivePrefix("acme"))).toHaveLength(4);
    for (const [i, key] of removed.entries()) {
      await bench.store.put(key, objects[i] as Uint8Array, never);
    }
    await bench.caughtUp();
    expect(await read()).toEqual(await bench.logged("acme"));
  });

  test("without its position knows of a trimmed log by the copies", async () => {
    await secured();
    await bench.stop();
    await bench.wal.trim(bench.wal.end);
    rmSync(`${bench.directory}/archived-0.json`);
    const newest = await removeSegment(3);
    await bench.append("acme", 1);
    await bench.start();
    await bench.until(() => bench.failures.length > 0);
    expect(bench.failures[0]).toMatchObject({ details: { key: newest } });
  });

  test("without its position archives again what a whole log has and the archive lost", async () => {
    await bench.stop();
    rmSync(`${bench.directory}/archived-0.json`);
    await removeSegment(3);
    await bench.start();
    await bench.caughtUp();
    expect(await read()).toEqual(await bench.logged("acme"));
  });

  test("asks for nothing of a tenant that was deleted, nor of an earlier life", async () => {
    await bench.end("acme");
    await bench.caughtUp();
    await secured();
    expect(await read()).toEqual([]);
    await bench.append("acme", 1, 0, 2);
    await bench.caughtUp();
    await secured();
    expect(await read()).toEqual(await bench.logged("acme", 2));
  });

  test("secures often while much is stored, so that the log stays short", async () => {
    await secured();
    const untilMs = bench.clock.now() + SECURED_EVERY_MS / 2;
    for (let i = 0; i < 12; i++) await bench.append(`tenant-${i % 3}`, 90, 100_000);
    const { securedOffset } = bench.archiver;
    let turns = 0;
    // Storing so much takes turns that are none of the clock's; the interval itself never ends.
    const slowly = () =>
      bench.clock.advance(turns++ % 100 === 0 && bench.clock.now() < untilMs ? 20 : 0);
    await until(() => bench.archiver.securedOffset > securedOffset, slowly);
  }, 60_000);
});
