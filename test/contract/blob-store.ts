/**
 * What every store of objects must do, wherever it keeps them. Goal: nobody who is written
 * against `BlobStore` can tell the implementations apart. Method: each test works under a
 * prefix of its own in the subject's one store, and only ever looks through the interface.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { BlobInfo, BlobStore } from "../../src/blob/blob-store.ts";
import { putFileVerified, putVerified } from "../../src/blob/verified-put.ts";
import { temporaryDirectory } from "../harness/temporary-directory.ts";

export interface BlobSubject {
  readonly name: string;
  open(): Promise<BlobStore>;
  close(): Promise<void>;
}

type Stored = () => BlobStore;

const never = new AbortController().signal;
const bytes = (content: string) => new TextEncoder().encode(content);
const text = (content: Uint8Array) => new TextDecoder().decode(content);
const MiB = 1024 * 1024;
let prefixes = 0;
const newPrefix = () => `test-${prefixes++}`;

export function blobStoreContract(subject: BlobSubject): void {
  let store: BlobStore;
  beforeAll(async () => {
    store = await subject.open();
  });
  afterAll(async () => {
    store?.close();
    await subject.close();
  });
  describe(`${subject.name}: storing`, () => storeTests(() => store));
  describe(`${subject.name}: reading`, () => readTests(() => store));
  describe(`${subject.name}: listing`, () => listTests(() => store));
  describe(`${subject.name}: deleting and giving up`, () => endTests(() => store));
}

function storeTests(stored: Stored): void {
  test("what was put is there: whole, found and listed", async () => {
    const key = `${newPrefix()}/a/b.txt`;
    await stored().put(key, bytes("content"), never);
    expect(text(await stored().get(key, never))).toBe("content");
    expect(await stored().find(key, never)).toEqual({ key, bytes: 7 });
    expect(await listed(stored(), key)).toEqual([{ key, bytes: 7 }]);
  });

  test("what was put stays as it was, whatever becomes of the bytes handed in and out", async () => {
    const key = `${newPrefix()}/kept`;
    const content = Buffer.from("content");
    await stored().put(key, content, never);
    content.fill("x");
    (await stored().get(key, never)).fill(0);
    expect(text(await stored().get(key, never))).toBe("content");
  });

  test("the same bytes again are a success, other bytes are refused and change nothing", async () => {
    const key = `${newPrefix()}/once`;
    await stored().put(key, bytes("first"), never);
    await stored().put(key, bytes("first"), never);
    for (const other of ["secon", "", "first and more"]) {
      const put = stored().put(key, bytes(other), never);
      await expect(put).rejects.toMatchObject({
        reason: "OBJECT_ALREADY_EXISTS",
        retryable: false,
        details: { key },
      });
    }
    expect(text(await stored().get(key, never))).toBe("first");
  });

  test("of many that put other bytes at once, one wins and all others are told", async () => {
    const key = `${newPrefix()}/race`;
    const puts = Array.from({ length: 8 }, (_, i) =>
      stored().put(key, bytes(`writer ${i}`), never),
    );
    const settled = await Promise.allSettled(puts);
    const winners = settled.flatMap(({ status }, i) => (status === "fulfilled" ? [i] : []));
    expect(winners).toHaveLength(1);
    for (const outcome of settled) {
      if (outcome.status === "rejected") {
        expect(outcome.reason).toMatchObject({ reason: "OBJECT_ALREADY_EXISTS" });
      }
    }
    expect(text(await stored().get(key, never))).toBe(`writer ${winners[0]}`);
  });

  test.each([
    ["nothing", 0],
    ["one byte", 1],
    ["a segment", 8 * MiB],
  ])("an object of %s comes back as it was", async (_name, length) => {
    const key = `${newPrefix()}/of-${length}`;
    const content = pattern(length);
    await stored().put(key, content, never);
    expect(Buffer.compare(await stored().get(key, never), content)).toBe(0);
    expect(await stored().find(key, never)).toEqual({ key, bytes: length });
  });

  test.each([
    ["empty", 0],
    ["small", 1_000],
    ["larger than what is sent at once", 16 * MiB + 1],
    ["of several parts", 40 * MiB],
  ])("a file that is %s is stored under the same rules", async (_name, length) => {
    using directory = temporaryDirectory();
    const [path, otherPath] = [join(directory.path, "file"), join(directory.path, "other")];
    const content = pattern(length);
    writeFileSync(path, content);
    writeFileSync(otherPath, Buffer.concat([content, bytes("x")]));
    const key = `${newPrefix()}/file`;
    await stored().putFile(key, path, never);
    await stored().putFile(key, path, never);
    const other = stored().putFile(key, otherPath, never);
    await expect(other).rejects.toMatchObject({ reason: "OBJECT_ALREADY_EXISTS" });
    expect(await stored().find(key, never)).toEqual({ key, bytes: length });
    expect(Buffer.compare(await streamed(stored(), key), content)).toBe(0);
  });

  test("what was put is read back, byte by byte", async () => {
    using directory = temporaryDirectory();
    const path = join(directory.path, "file");
    writeFileSync(path, "content");
    const prefix = newPrefix();
    await putVerified(stored(), `${prefix}/bytes`, bytes("content"), never);
    const sha256 = await putFileVerified(stored(), `${prefix}/file`, path, never);
    expect(sha256).toBe(new Bun.CryptoHasher("sha256").update("content").digest("hex"));
  });

  test("a file that is not there is an error of its own, and leaves nothing", async () => {
    const key = `${newPrefix()}/none`;
    await expect(stored().putFile(key, "/nowhere/at/all", never)).rejects.toThrow();
    expect(await stored().find(key, never)).toBeUndefined();
  });
}

function readTests(stored: Stored): void {
  test("an object that is not there has a name for it", async () => {
    const key = `${newPrefix()}/missing`;
    const missing = { reason: "OBJECT_NOT_FOUND", details: { key, place: stored().place } };
    await expect(stored().get(key, never)).rejects.toMatchObject(missing);
    await expect(streamed(stored(), key)).rejects.toMatchObject(missing);
    expect(await stored().find(key, never)).toBeUndefined();
  });

  test("a folder is no object", async () => {
    const prefix = newPrefix();
    await stored().put(`${prefix}/folder/object`, bytes("x"), never);
    expect(await stored().find(`${prefix}/folder`, never)).toBeUndefined();
  });

  test("a stream comes in parts, and may be left early", async () => {
    const key = `${newPrefix()}/long`;
    const content = pattern(12 * MiB);
    await stored().put(key, content, never);
    expect(Buffer.compare(await streamed(stored(), key), content)).toBe(0);
    for await (const part of stored().stream(key, never)) {
      expect(part.length).toBeGreaterThan(0);
      break;
    }
    expect(await stored().find(key, never)).toEqual({ key, bytes: content.length });
  });

  test("a colon may be written as a hyphen, and both name one object", async () => {
    const prefix = newPrefix();
    const key = `${prefix}/snap_2024-01-15T00:00:00.000Z/manifest.json`;
    await stored().put(key, bytes("x"), never);
    expect(text(await stored().get(key, never))).toBe("x");
    const [found] = await listed(stored(), `${prefix}/`);
    expect(found?.key.replaceAll("-", ":")).toBe(key.replaceAll("-", ":"));
    expect(text(await stored().get(found?.key ?? "", never))).toBe("x");
  });
}

function listTests(stored: Stored): void {
  const KEYS = ["a-b/1", "a.c", "a/1", "a/10", "a/2", "a/b/c", "b/1"];
  const shuffled = [4, 0, 6, 2, 5, 1, 3].map((i) => KEYS[i] as string);

  async function filled(): Promise<string> {
    const prefix = newPrefix();
    for (const key of shuffled) await stored().put(`${prefix}/${key}`, bytes(key), never);
    return prefix;
  }
  const names = async (prefix: string, beginning: string, after?: string) => {
    const behind = after === undefined ? undefined : `${prefix}/${after}`;
    const found = await listed(stored(), `${prefix}/${beginning}`, behind);
    return found.map(({ key }) => key.slice(prefix.length + 1));
  };

  test("keys come in the order of their bytes, with their sizes", async () => {
    const prefix = await filled();
    expect(await names(prefix, "")).toEqual(KEYS);
    const found = await listed(stored(), `${prefix}/a/`);
    expect(found.map(({ bytes: size }) => size)).toEqual([3, 4, 3, 5]);
  });

  test("a prefix may end anywhere", async () => {
    const prefix = await filled();
    expect(await names(prefix, "a/")).toEqual(["a/1", "a/10", "a/2", "a/b/c"]);
    expect(await names(prefix, "a/1")).toEqual(["a/1", "a/10"]);
    expect(await names(prefix, "a/b/")).toEqual(["a/b/c"]);
    expect(await names(prefix, "c")).toEqual([]);
    expect(await names(prefix, "a/x/")).toEqual([]);
  });

  test("a list may begin behind a key, which need not be there", async () => {
    const prefix = await filled();
    for (const [i, key] of KEYS.entries()) {
      expect(await names(prefix, "", key)).toEqual(KEYS.slice(i + 1));
    }
    expect(await names(prefix, "", "a/15")).toEqual(["a/2", "a/b/c", "b/1"]);
    expect(await names(prefix, "a/", "a/1")).toEqual(["a/10", "a/2", "a/b/c"]);
    expect(await names(prefix, "a/", "b")).toEqual([]);
    expect(await names(prefix, "b/", "a/2")).toEqual(["b/1"]);
  });

  test("folders are listed without what is in them", async () => {
    const prefix = await filled();
    const folders = async (beginning: string) =>
      (await Array.fromAsync(stored().listFolders(`${prefix}/${beginning}`, never))).flat();
    expect(await folders("")).toEqual(["a-b", "a", "b"]);
    expect(await folders("a/")).toEqual(["b"]);
    expect(await folders("b/")).toEqual([]);
    expect(await folders("nothing/")).toEqual([]);
  });

  test("more than a page holds all come, once and in order", async () => {
    const prefix = newPrefix();
    const keys = Array.from({ length: 1_050 }, (_, i) => `${prefix}/${String(i).padStart(5, "0")}`);
    const put = async (first: number) => {
      for (let i = first; i < keys.length; i += 10) {
        await stored().put(keys[i] as string, bytes("x"), never);
      }
    };
    await Promise.all(Array.from({ length: 10 }, (_, first) => put(first)));
    const pages = await Array.fromAsync(stored().list(`${prefix}/`, never));
    expect(pages.length).toBeGreaterThan(1);
    expect(pages.flat().map(({ key }) => key)).toEqual(keys);
  });
}

function endTests(stored: Stored): void {
  test("what was deleted is gone, its name is free, and deleting it again is a success", async () => {
    const prefix = newPrefix();
    const key = `${prefix}/deep/down/object`;
    await stored().put(key, bytes("old"), never);
    await stored().delete(key, never);
    await stored().delete(key, never);
    expect(await stored().find(key, never)).toBeUndefined();
    expect(await listed(stored(), `${prefix}/`)).toEqual([]);
    expect(await Array.fromAsync(stored().listFolders(`${prefix}/`, never))).toEqual([]);
    await stored().put(key, bytes("new"), never);
    expect(text(await stored().get(key, never))).toBe("new");
  });

  test("all behind a prefix goes, and nothing beside it", async () => {
    const prefix = newPrefix();
    const gone = Array.from({ length: 20 }, (_, i) => `${prefix}/a/${i % 3}/object-${i}`);
    for (const key of [...gone, `${prefix}/ab`, `${prefix}/b/object`]) {
      await stored().put(key, bytes("x"), never);
    }
    await stored().deleteAll(`${prefix}/a/`, never);
    await stored().deleteAll(`${prefix}/a/`, never);
    await stored().deleteAll(`${prefix}/nothing/`, never);
    const left = (await listed(stored(), `${prefix}/`)).map(({ key }) => key);
    expect(left).toEqual([`${prefix}/ab`, `${prefix}/b/object`]);
    const folders = await Array.fromAsync(stored().listFolders(`${prefix}/`, never));
    expect(folders.flat()).toEqual(["b"]);
  });

  test("a place that is there and lets us in says so", async () => {
    await stored().check(never);
    expect(stored().place).not.toBe("");
  });

  test("nothing is begun for who has given up, and the reason is theirs", async () => {
    const reason = new Error("enough");
    const given = AbortSignal.abort(reason);
    const key = `${newPrefix()}/never`;
    const calls = [
      () => stored().put(key, bytes("x"), given),
      () => stored().get(key, given),
      () => stored().find(key, given),
      () => stored().delete(key, given),
      () => stored().deleteAll(`${key}/`, given),
      () => streamed(stored(), key, given),
      () => Array.fromAsync(stored().list(key, given)),
      () => Array.fromAsync(stored().listFolders(`${key}/`, given)),
    ];
    for (const call of calls) expect(await call().then(String, (error) => error)).toBe(reason);
    expect(await stored().find(key, never)).toBeUndefined();
  });

  test.each(["", "/a", "a/", "a//b", "../a", "a/../b", ".hidden", "a b", "a\\b", "ä"])(
    "%j is no key",
    async (key) => {
      await expect(stored().put(key, bytes("x"), never)).rejects.toThrow();
      await expect(stored().get(key, never)).rejects.toThrow();
    },
  );
}

async function listed(store: BlobStore, prefix: string, after?: string): Promise<BlobInfo[]> {
  return (await Array.fromAsync(store.list(prefix, never, after))).flat();
}

async function streamed(store: BlobStore, key: string, signal = never): Promise<Buffer> {
  return Buffer.concat(await Array.fromAsync(store.stream(key, signal)));
}

/** Bytes that differ from part to part, quickly. */
function pattern(length: number): Buffer {
  const content = Buffer.alloc(length);
  for (let at = 0; at + 4 <= length; at += 4) content.writeUInt32LE((at * 2_654_435_761) >>> 0, at);
  return content;
}
