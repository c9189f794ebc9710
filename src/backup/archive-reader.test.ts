/**
 * Reading an archive that is not what it was. Goal: nothing that does not verify is handed out,
 * nothing is left out silently, and the object is named. Method: an archive of several days and
 * segments, of which one object at a time is removed, damaged or swapped.
 */
import { beforeEach, describe, expect, test } from "bun:test";
import { gunzipSync, gzipSync } from "node:zlib";
import { ArchiveBench } from "../../test/harness/archive-bench.ts";
import { refused } from "../../test/harness/refusal.ts";
import { MemoryBlobStore } from "../blob/memory-blob-store.ts";
import type { LogRecord } from "../wal/wal.ts";
import { ArchiveReader } from "./archive-reader.ts";
import { encodeStated } from "./stated-fields.ts";

const never = new AbortController().signal;
const DAY_MS = 86_400_000;

/** Two days of three segments, of two records each; a store of its own for each test. */
let objects: ReadonlyMap<string, Uint8Array>;
let logged: LogRecord[];
let store: MemoryBlobStore;

beforeEach(async () => {
  if (objects === undefined) {
    await using bench = await ArchiveBench.open();
    const begun = bench.clock.now();
    for (let day = 0; day < 2; day++) {
      for (let segment = 0; segment < 3; segment++) {
        await bench.append("acme", 2);
        await bench.append("globex", 1);
        await bench.caughtUp();
      }
      await bench.stop();
      // Waiting took some of the day.
      bench.clock.advance(begun + (day + 1) * DAY_MS - bench.clock.now());
      await bench.start();
    }
    logged = await bench.logged("acme");
    const keys = await bench.keys();
    const bytes = await Promise.all(keys.map((key) => bench.store.get(key, never)));
    objects = new Map(keys.map((key, i) => [key, bytes[i] as Uint8Array]));
  }
  store = new MemoryBlobStore();
  for (const [key, bytes] of objects) await store.put(key, bytes, never);
});

async function replace(key: string, bytes: Uint8Array): Promise<void> {
  await store.delete(key, never);
  await store.put(key, bytes, never);
}

const read = async (from = 0) =>
  (await Array.fromAsync(new ArchiveReader(store).read("acme", from, never))).flat();

const key = (day: number, number: number, part: "jsonl.gz" | "checksum") =>
  `archive/acme/2024-01-${day}/segment_00000${number}.${part}`;
const PLACES = [15, 16].flatMap((day) => [1, 2, 3].map((number) => [day, number] as const));

describe("an archive that is whole", () => {
  test("gives every record, and those from an offset on", async () => {
    expect(await read()).toEqual(logged);
    expect(await read(9)).toEqual(logged.filter(({ offset }) => offset >= 9));
    expect(await read(1_000)).toEqual([]);
  });

  test("names its tenants", async () => {
    const tenants = await Array.fromAsync(new ArchiveReader(store).tenants(never));
    expect(tenants).toEqual(["acme", "globex"]);
  });

  test("is left by a reader who has enough, and by one who gives up", async () => {
    for await (const records of new ArchiveReader(store).read("acme", 0, never)) {
      expect(records).toHaveLength(2);
      break;
    }
    const given = AbortSignal.abort(new Error("enough"));
    const reading = Array.fromAsync(new ArchiveReader(store).read("acme", 0, given));
    await expect(reading).rejects.toThrow("enough");
  });

  test("may hold what is none of ours", async () => {
    await store.put("archive/acme/2024-01-15/notes.txt", new Uint8Array(3), never);
    await store.put("archive/acme/readme/x", new Uint8Array(3), never);
    expect(await read()).toEqual(logged);
  });

  test("may end with a segment that an earlier version left on its way", async () => {
    await store.put(key(16, 4, "jsonl.gz"), gzipSync("{}\n"), never);
    expect(await read()).toEqual(logged);
  });

  test("may have segments of an earlier version, which say nothing of themselves", async () => {
    for (const [day, number] of PLACES) {
      const lines = gunzipSync(objects.get(key(day, number, "jsonl.gz")) as Uint8Array);
      await replace(key(day, number, "jsonl.gz"), gzipSync(lines));
      await restate(key(day, number, "checksum"), gzipSync(lines), lines.length);
    }
    expect(await read()).toEqual(logged);
  });
});

/** Lets the checksum object state what was put in the place of its segment. */
async function restate(checksum: string, bytes: Uint8Array, lineBytes: number): Promise<void> {
  const stored = Buffer.from(objects.get(checksum) as Uint8Array).toString();
  const { own_sha256: _, ...facts } = JSON.parse(stored);
  const sha256 = new Bun.CryptoHasher("sha256").update(bytes).digest("hex");
  const sums = { bytes: bytes.length, line_bytes: lineBytes, sha256 };
  await replace(checksum, encodeStated({ ...facts, ...sums }));
}

describe("the newest segment without its checksum, of which nobody knows that it had one", () => {
  const newest = key(16, 3, "jsonl.gz");
  beforeEach(() => store.delete(key(16, 3, "checksum"), never));

  test("is read by what it says of itself", async () => {
    expect(await read()).toEqual(logged);
    expect(await read(16)).toEqual(logged.filter(({ offset }) => offset >= 16));
    const facts = await new ArchiveReader(store).newestFacts("acme", never);
    const sha256 = new Bun.CryptoHasher("sha256").update(objects.get(newest) ?? "").digest("hex");
    expect(facts).toMatchObject({ lastOffset: logged.at(-1)?.offset, sha256 });
  });

  test("is read behind others that lack theirs", async () => {
    await store.delete(key(16, 2, "checksum"), never);
    await store.delete(key(16, 1, "checksum"), never);
    expect(await read()).toEqual(logged);
  });

  test("is named where it is damaged, at whatever byte behind its first", async () => {
    const sound = objects.get(newest) as Uint8Array;
    const places = [10, 11, 60, 300, sound.length >> 1, sound.length - 30, sound.length - 1];
    for (const at of places) {
      const bytes = Uint8Array.from(sound);
      bytes[at] = (bytes[at] ?? 0) ^ 0x10;
      await replace(newest, bytes);
      const error = await refused(read());
      expect(error).toMatchObject({ reason: "OBJECT_DAMAGED", details: { key: newest } });
    }
    await replace(newest, sound.subarray(0, sound.length - 1));
    expect((await refused(read())).reason).toBe("OBJECT_DAMAGED");
  });

  test("is no other tenant's", async () => {
    await replace(newest, objects.get(newest.replace("acme", "globex")) as Uint8Array);
    const error = await refused(read());
    expect(error).toMatchObject({ reason: "OBJECT_DAMAGED", details: { key: newest } });
  });

  test("follows only what it stood behind", async () => {
    await store.delete(key(16, 2, "jsonl.gz"), never);
    await store.delete(key(16, 2, "checksum"), never);
    expect((await refused(read())).reason).toBe("ARCHIVE_GAP");
  });
});

describe("an object that is missing", () => {
  test.each(PLACES)("the records of segment %d/%d: it is named", async (day, number) => {
    await store.delete(key(day, number, "jsonl.gz"), never);
    const error = await refused(read());
    expect(error).toMatchObject({
      reason: "OBJECT_NOT_FOUND",
      details: { key: key(day, number, "jsonl.gz") },
    });
    expect(error.message).toContain(key(day, number, "jsonl.gz"));
    expect(error.hint).not.toBeUndefined();
  });

  test.each(PLACES.slice(0, -1))(
    "the checksum of segment %d/%d: it is named",
    async (day, number) => {
      await store.delete(key(day, number, "checksum"), never);
      const error = await refused(read());
      expect(error).toMatchObject({
        reason: "OBJECT_NOT_FOUND",
        details: { key: key(day, number, "checksum") },
      });
    },
  );

  test.each([
    [15, 2],
    [16, 1],
    [16, 2],
  ])("both of segment %d/%d: it is named by its place among the numbers", async (day, number) => {
    await store.delete(key(day, number, "jsonl.gz"), never);
    await store.delete(key(day, number, "checksum"), never);
    const error = await refused(read());
    expect(error).toMatchObject({ reason: "OBJECT_NOT_FOUND" });
    expect(error.message).toContain(key(day, number, "jsonl.gz"));
  });

  test("both of a day's last segment: the gap is named by what stands behind it", async () => {
    await store.delete(key(15, 3, "jsonl.gz"), never);
    await store.delete(key(15, 3, "checksum"), never);
    const error = await refused(read());
    expect(error).toMatchObject({
      reason: "ARCHIVE_GAP",
      details: { key: key(16, 1, "jsonl.gz") },
    });
    // Behind the gap it is whole.
    expect(await read(9)).toEqual(logged.filter(({ offset }) => offset >= 9));
  });

  test("the oldest of all: records before what is left are not there any more", async () => {
    await store.delete(key(15, 1, "jsonl.gz"), never);
    await store.delete(key(15, 1, "checksum"), never);
    expect((await refused(read())).reason).toBe("LOG_TRIMMED");
    expect(await read(3)).toEqual(logged.filter(({ offset }) => offset >= 3));
  });
});

describe("an object that is damaged", () => {
  test.each(PLACES)("segment %d/%d, at any byte: it is named", async (day, number) => {
    const name = key(day, number, "jsonl.gz");
    const sound = objects.get(name) as Uint8Array;
    for (const at of [0, 3, 10, sound.length >> 1, sound.length - 1]) {
      const bytes = Uint8Array.from(sound);
      bytes[at] = (bytes[at] ?? 0) ^ 0x10;
      await replace(name, bytes);
      const error = await refused(read());
      expect(error).toMatchObject({ reason: "OBJECT_DAMAGED", details: { key: name } });
    }
    for (const length of [0, 1, sound.length - 1]) {
      await replace(name, sound.subarray(0, length));
      expect((await refused(read())).reason).toBe("OBJECT_DAMAGED");
    }
  });

  test.each([
    ["empty", ""],
    ["no JSON", "{"],
    ["of nothing", "{}"],
    ["a list", "[]"],
    ["null", "null"],
  ])("a checksum that is %s: it is named", async (_name, content) => {
    const name = key(15, 2, "checksum");
    await replace(name, Buffer.from(content));
    const error = await refused(read());
    expect(error).toMatchObject({ reason: "OBJECT_DAMAGED", details: { key: name } });
  });

  test.each([
    ["format", 2],
    ["sha256", "0".repeat(64)],
    ["bytes", 1],
    ["records", 3],
    ["first_offset", 0],
    ["last_offset", 9],
    ["line_bytes", 9],
    ["previous_offset", 0],
    ["tenant_id", "globex"],
  ])("a checksum that says another %s is found out", async (field, value) => {
    const name = key(15, 2, "checksum");
    const facts = JSON.parse(Buffer.from(objects.get(name) as Uint8Array).toString());
    await replace(name, Buffer.from(JSON.stringify({ ...facts, [field]: value })));
    const { reason } = await refused(read());
    expect(["OBJECT_DAMAGED", "ARCHIVE_GAP"]).toContain(reason);
  });

  test("two segments that were swapped, each with its checksum", async () => {
    for (const part of ["jsonl.gz", "checksum"] as const) {
      const [one, other] = [key(15, 2, part), key(15, 3, part)];
      await replace(one, objects.get(other) as Uint8Array);
      await replace(other, objects.get(one) as Uint8Array);
    }
    expect((await refused(read())).reason).toBe("ARCHIVE_GAP");
  });

  test("another tenant's segment, with its checksum", async () => {
    for (const part of ["jsonl.gz", "checksum"] as const) {
      const foreign = key(15, 2, part).replace("acme", "globex");
      await replace(key(15, 2, part), objects.get(foreign) as Uint8Array);
    }
    expect((await refused(read())).reason).toBe("OBJECT_DAMAGED");
  });

  test("lines that somebody changed, with sums that fit", async () => {
    const name = key(15, 2, "jsonl.gz");
    const lines = gunzipSync(objects.get(name) as Uint8Array).toString();
    const changes: ((text: string) => string)[] = [
      (text) => `${text.split("\n").reverse().join("\n").trimStart()}\n`,
      (text) => text.replace(/"offset":\d+/, '"offset":-1'),
      (text) => text.replace(/"body":"[^"]*"/, '"body":"AAAA"'),
      (text) => text.slice(0, -1),
      (text) => `${text}not json\n`,
    ];
    for (const change of changes) {
      const content = Buffer.from(change(lines));
      const bytes = gzipSync(content);
      await replace(name, bytes);
      await restate(key(15, 2, "checksum"), bytes, content.length);
      const error = await refused(read());
      expect(error).toMatchObject({ reason: "OBJECT_DAMAGED", details: { key: name } });
    }
  });
});
