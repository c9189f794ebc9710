/**
 * The archive's directory on a file system that is full, or read-only: a small one in memory,
 * which takes root to mount. Goal: the error has its name, nothing half written stays, and it
 * goes on by itself when there is room. And a copy for a snapshot on such a one.
 */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { systemRandom } from "../../src/base/random.ts";
import { openDirectoryBlobStore } from "../../src/blob/directory-blob-store.ts";
import { copyDatabase } from "../../src/store/copy-database.ts";
import { openForWriting } from "../../src/store/open-database.ts";
import { troubleOf } from "../../src/store/store-errors.ts";
import { ArchiveBench } from "../harness/archive-bench.ts";
import { canMount, SmallFileSystem } from "./small-file-system.ts";

const never = new AbortController().signal;

let small: SmallFileSystem;

beforeEach(() => {
  small = new SmallFileSystem(2);
});
afterEach(() => small[Symbol.dispose]());

const open = () =>
  openDirectoryBlobStore({ directory: join(small.path, "backup"), random: systemRandom });

describe.skipIf(!canMount)("a directory", () => {
  test("that is full refuses by name, and takes what fits", async () => {
    const store = await open();
    const large = new Uint8Array(4 * 1024 * 1024).fill(7);
    const file = join(small.beside, "large");
    writeFileSync(file, large);
    const full = { reason: "STORAGE_UNAVAILABLE", retryable: true };
    await expect(store.put("a", large, never)).rejects.toMatchObject(full);
    await expect(store.putFile("a", file, never)).rejects.toMatchObject(full);
    expect(readdirSync(join(small.path, "backup", ".incoming"))).toEqual([]);
    expect(await store.find("a", never)).toBeUndefined();
    await store.put("a", large.subarray(0, 1_000), never);
    expect(await store.find("a", never)).toEqual({ key: "a", bytes: 1_000 });
  });

  test("takes a file of another disk, which has no second name here", async () => {
    const store = await open();
    const file = join(small.beside, "file");
    writeFileSync(file, "content");
    await store.putFile("a", file, never);
    writeFileSync(file, "changed");
    expect(Buffer.from(await store.get("a", never)).toString()).toBe("content");
  });

  test("that is read-only refuses by name, and is read as ever", async () => {
    const store = await open();
    await store.put("a", new Uint8Array(10), never);
    small.makeReadOnly();
    const denied = { reason: "STORAGE_ACCESS_DENIED", retryable: false };
    await expect(store.put("b", new Uint8Array(10), never)).rejects.toMatchObject(denied);
    await expect(store.delete("a", never)).rejects.toMatchObject(denied);
    expect((await store.get("a", never)).length).toBe(10);
    await expect(open()).rejects.toMatchObject(denied);
  });

  test("that is full holds the archive up until there is room", async () => {
    const filler = join(small.path, "filler");
    await using bench = await ArchiveBench.open({ store: await open() });
    writeFileSync(filler, new Uint8Array(2 * 1024 * 1024 - 16 * 1024));
    for (let i = 0; i < 40; i++) {
      const idempotencyKey = Buffer.from(systemRandom.bytes(20_000)).toString("hex");
      await bench.appendRecord({ idempotencyKey });
    }
    await bench.until(() => bench.failures.length > 2);
    expect(bench.archiver.state().failure).toMatchObject({ reason: "STORAGE_UNAVAILABLE" });
    expect(bench.archiver.offset).toBe(0);
    rmSync(filler);
    await bench.caughtUp();
    expect(await bench.archived("acme")).toEqual(await bench.logged("acme"));
  });
});

test.skipIf(!canMount)(
  "a copy that finds no room is trouble of the disk, not of the file",
  async () => {
    const source = join(small.beside, "source.db");
    const db = openForWriting(source, { create: true });
    db.exec("CREATE TABLE notes (body BLOB)");
    db.query("INSERT INTO notes (body) VALUES (zeroblob(?))").run(4 * 1024 * 1024);
    const copying = copyDatabase(source, join(small.path, "copy.db"), () => undefined);
    const trouble = await copying.then(() => "made", troubleOf);
    db.close();
    expect(trouble).toBe("stalled");
  },
);
