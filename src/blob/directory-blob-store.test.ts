import { describe, expect, test } from "bun:test";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { temporaryDirectory } from "../../test/harness/temporary-directory.ts";
import { systemRandom } from "../base/random.ts";
import { openDirectoryBlobStore } from "./directory-blob-store.ts";

const never = new AbortController().signal;
const bytes = (content: string) => new TextEncoder().encode(content);
const open = (directory: string) => openDirectoryBlobStore({ directory, random: systemRandom });

describe("objects in a directory", () => {
  test("are files of their keys' names, for the owner alone", async () => {
    using place = temporaryDirectory();
    const store = await open(join(place.path, "backup"));
    await store.put("archive/acme/2024-01-15/segment_000001.checksum", bytes("x"), never);
    const file = join(place.path, "backup/archive/acme/2024-01-15/segment_000001.checksum");
    expect(readFileSync(file, "utf8")).toBe("x");
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(join(place.path, "backup/archive")).mode & 0o777).toBe(0o700);
  });

  test("a colon is a hyphen in the file's name", async () => {
    using place = temporaryDirectory();
    const store = await open(place.path);
    await store.put("snap_2024-01-15T10:20:30.123Z/m", bytes("x"), never);
    expect(existsSync(join(place.path, "snap_2024-01-15T10-20-30.123Z/m"))).toBe(true);
  });

  test("a file on the same disk becomes the object itself, and stays it under that name alone", async () => {
    using place = temporaryDirectory();
    const store = await open(join(place.path, "backup"));
    const path = join(place.path, "copy.db");
    writeFileSync(path, "content", { mode: 0o644 });
    const { ino } = statSync(path);
    await store.putFile("snapshots/copy.db", path, never);
    const object = store.fileOf?.("snapshots/copy.db") ?? "";
    expect(statSync(object)).toMatchObject({ ino, nlink: 2 });
    expect(statSync(object).mode & 0o777).toBe(0o600);
    rmSync(path);
    expect(Buffer.from(await store.get("snapshots/copy.db", never)).toString()).toBe("content");
  });

  test("what a crash left half written is no object, and goes at the next opening", async () => {
    using place = temporaryDirectory();
    const store = await open(place.path);
    const left = join(place.path, ".incoming", "half");
    writeFileSync(left, "ha");
    expect(await Array.fromAsync(store.list("", never))).toEqual([]);
    expect(await Array.fromAsync(store.listFolders("", never))).toEqual([]);
    await open(place.path);
    expect(existsSync(left)).toBe(false);
  });

  test("nothing half written stays behind a refused put", async () => {
    using place = temporaryDirectory();
    const store = await open(place.path);
    await store.put("a", bytes("1"), never);
    await expect(store.put("a", bytes("2"), never)).rejects.toThrow();
    expect(readdirSync(join(place.path, ".incoming"))).toEqual([]);
  });

  test("folders whose last file went right before a crash go with what is behind the prefix", async () => {
    using place = temporaryDirectory();
    const store = await open(place.path);
    mkdirSync(join(place.path, "snapshots/acme/snap_1"), { recursive: true });
    mkdirSync(join(place.path, "snapshots/acme/snap_2/deep"), { recursive: true });
    await store.put("snapshots/other/snap_1/file", bytes("x"), never);
    await store.deleteAll("snapshots/acme/snap_1/", never);
    expect(readdirSync(join(place.path, "snapshots/acme"))).toEqual(["snap_2"]);
    await store.deleteAll("snapshots/acme/", never);
    expect(readdirSync(join(place.path, "snapshots"))).toEqual(["other"]);
  });

  test("puts into a folder that deletes are emptying all succeed", async () => {
    using place = temporaryDirectory();
    const store = await open(place.path);
    const one = async (name: number) => {
      const key = `deep/folder/${name}`;
      for (let round = 0; round < 50; round++) {
        await store.put(key, bytes("x"), never);
        expect(await store.find(key, never)).toBeDefined();
        await store.delete(key, never);
      }
    };
    await Promise.all([0, 1, 2, 3].map(one));
    expect(readdirSync(place.path)).toEqual([".incoming"]);
  });

  test("a file in the place of a folder, and a directory that has gone, are named", async () => {
    using place = temporaryDirectory();
    const directory = join(place.path, "backup");
    const store = await open(directory);
    writeFileSync(join(directory, "taken"), "");
    const put = store.put("taken/object", bytes("x"), never);
    await expect(put).rejects.toMatchObject({ reason: "STORAGE_UNAVAILABLE", retryable: true });
    mkdirSync(join(place.path, "elsewhere"));
    const gone = join(place.path, "gone");
    const lost = await open(gone);
    await Bun.$`rm -r ${gone}`;
    // What lay in it is out of sight, and must not look as if it had never been.
    for (const look of [
      () => lost.check(never),
      () => Array.fromAsync(lost.list("", never)),
      () => Array.fromAsync(lost.list("snapshots/acme/", never)),
      () => Array.fromAsync(lost.listFolders("archive/", never)),
    ]) {
      await expect(look()).rejects.toMatchObject({ reason: "BUCKET_NOT_FOUND" });
    }
  });

  test.skipIf(process.getuid?.() === 0)("a directory that may not be written says so", async () => {
    using place = temporaryDirectory();
    const store = await open(place.path);
    chmodSync(join(place.path, ".incoming"), 0o500);
    const put = store.put("a", bytes("x"), never);
    await expect(put).rejects.toMatchObject({ reason: "STORAGE_ACCESS_DENIED" });
    chmodSync(join(place.path, ".incoming"), 0o700);
  });
});
