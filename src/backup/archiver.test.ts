/**
 * The archiver over a log in memory. Goal: what is in the log is in the archive, once, in order,
 * under the names of the documentation, whatever is stopped, slow or broken in between. Method:
 * time, place and catalog are the test's; what is archived is read back through the reader and
 * held against the log.
 */
import { describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { ArchiveBench } from "../../test/harness/archive-bench.ts";
import { until } from "../../test/harness/partition.ts";
import { systemRandom } from "../base/random.ts";
import type { BlobStore } from "../blob/blob-store.ts";
import { deleteListed } from "../blob/delete-listed.ts";
import { storageUnavailable } from "../blob/errors.ts";
import { MemoryBlobStore } from "../blob/memory-blob-store.ts";
import { newLogId } from "../wal/log-id.ts";
import { readArchivePosition, writeArchivePosition } from "./archive-position.ts";
import { encodeStated } from "./stated-fields.ts";

const never = new AbortController().signal;

/** A store whose calls a test may stop: before they do anything, or when they have done it. */
function brokenStore(inner: BlobStore, breaks: (call: string, key: string) => void): BlobStore {
  return {
    place: inner.place,
    async put(key, bytes, signal) {
      breaks("before put", key);
      await inner.put(key, bytes, signal);
      breaks("after put", key);
    },
    async get(key, signal) {
      breaks("before get", key);
      return await inner.get(key, signal);
    },
    async delete(key, signal) {
      breaks("before delete", key);
      await inner.delete(key, signal);
    },
    async deleteAll(prefix, signal) {
      await deleteListed(this, prefix, signal);
    },
    putFile: (key, path, signal) => inner.putFile(key, path, signal),
    stream: (key, signal) => inner.stream(key, signal),
    find: (key, signal) => inner.find(key, signal),
    list: (prefix, signal, after) => inner.list(prefix, signal, after),
    listFolders: (prefix, signal) => inner.listFolders(prefix, signal),
    check: (signal) => inner.check(signal),
    close: () => inner.close(),
  };
}

describe("what is archived", () => {
  test("every record, of every tenant and of the catalog, in its order and once", async () => {
    await using bench = await ArchiveBench.open();
    for (const tenantId of ["acme", "_system", "globex", "acme", "globex"]) {
      await bench.append(tenantId, 20);
    }
    await bench.caughtUp();
    for (const tenantId of ["acme", "_system", "globex"]) {
      expect(await bench.archived(tenantId)).toEqual(await bench.logged(tenantId));
    }
    expect(await bench.archived("nobody")).toEqual([]);
  });

  test("lies under the names of the documentation, readable with common tools", async () => {
    await using bench = await ArchiveBench.open();
    await bench.append("acme", 3);
    await bench.caughtUp();
    expect(await bench.keys("archive/")).toEqual([
      "archive/acme/2024-01-15/segment_000001.checksum",
      "archive/acme/2024-01-15/segment_000001.jsonl.gz",
    ]);
    const object = await bench.store.get("archive/acme/2024-01-15/segment_000001.jsonl.gz", never);
    const lines = gunzipSync(object).toString().trimEnd().split("\n");
    expect(lines).toHaveLength(3);
    expect(JSON.parse(lines[1] ?? "")).toMatchObject({ offset: 1, tenant_id: "acme", type: 1 });
    const checksum = await bench.store.get(
      "archive/acme/2024-01-15/segment_000001.checksum",
      never,
    );
    expect(JSON.parse(Buffer.from(checksum).toString())).toMatchObject({
      sha256: new Bun.CryptoHasher("sha256").update(object).digest("hex"),
      records: 3,
      first_offset: 0,
      last_offset: 2,
      previous_offset: null,
      log_id: bench.wal.logId,
    });
  });

  test("from an offset on", async () => {
    await using bench = await ArchiveBench.open();
    for (let i = 0; i < 9; i++) {
      await bench.append("acme", 2);
      await bench.append("globex", 1);
      await bench.caughtUp();
    }
    const all = await bench.archived("acme");
    expect(all).toHaveLength(18);
    for (let from = 0; from <= bench.wal.end; from++) {
      const wanted = all.filter(({ offset }) => offset >= from);
      expect(await bench.archived("acme", from)).toEqual(wanted);
    }
  });
});

test("what its thread had at hand when it died is given to the next one", async () => {
  await using bench = await ArchiveBench.open();
  await bench.stop();
  let died = 0;
  const dying = new URL("../../test/harness/dying-worker.ts", import.meta.url).href;
  const living = new URL("./backup-worker.ts", import.meta.url).href;
  bench.startThread = () => {
    died += 1;
    return new Worker(died < 3 ? dying : living);
  };
  await bench.start();
  await bench.append("acme", 50, 10_000);
  await bench.caughtUp();
  expect(died).toBeGreaterThanOrEqual(3);
  expect(bench.told).toEqual(["failing", "resumed"]);
  expect(await bench.archived("acme")).toEqual(await bench.logged("acme"));
});

describe("a segment closes", () => {
  test("an interval after its first record, not earlier", async () => {
    await using bench = await ArchiveBench.open();
    await bench.append("acme", 1);
    for (let second = 0; second < 59; second++) {
      await until(() => bench.clock.pendingTimers > 0);
      bench.clock.advance(1_000);
    }
    await until(() => bench.clock.pendingTimers > 0);
    expect(await bench.keys()).toEqual([]);
    expect(bench.archiver.offset).toBe(0);
    bench.clock.advance(1_000);
    await until(() => bench.storedBytes > 0);
    expect(await bench.keys()).toHaveLength(2);
  });

  test("at its size: the archive of a busy tenant does not wait for the interval", async () => {
    await using bench = await ArchiveBench.open();
    const before = bench.clock.now();
    await bench.append("acme", 90, 100_000);
    await until(() => bench.storedBytes > 0);
    expect(bench.clock.now()).toBe(before);
    const [first] = await bench.keys();
    expect(first).toBe("archive/acme/2024-01-15/segment_000001.checksum");
    await bench.caughtUp();
    expect(await bench.archived("acme")).toEqual(await bench.logged("acme"));
  });

  test("with the UTC day of log time; each day counts from one", async () => {
    await using bench = await ArchiveBench.open();
    bench.clock.advance(11.999 * 3_600_000);
    await bench.append("acme", 1);
    bench.clock.advance(10_000);
    await bench.append("acme", 1);
    await bench.caughtUp();
    await bench.append("acme", 1);
    await bench.caughtUp();
    const records = (await bench.keys()).filter((key) => key.endsWith(".gz"));
    expect(records).toEqual([
      "archive/acme/2024-01-15/segment_000001.jsonl.gz",
      "archive/acme/2024-01-16/segment_000001.jsonl.gz",
      "archive/acme/2024-01-16/segment_000002.jsonl.gz",
    ]);
    expect(await bench.archived("acme")).toEqual(await bench.logged("acme"));
  });

  test("while old records are caught up with, by their own times", async () => {
    await using bench = await ArchiveBench.open();
    await bench.stop();
    for (let minute = 0; minute < 5; minute++) {
      await bench.append("acme", 2);
      bench.clock.advance(120_000);
    }
    await bench.start();
    await bench.caughtUp();
    expect(await bench.archived("acme")).toEqual(await bench.logged("acme"));
    expect((await bench.keys()).filter((key) => key.endsWith(".gz"))).toHaveLength(5);
  });

  test("however many batches of the log its records come in, and however old they are", async () => {
    await using bench = await ArchiveBench.open();
    await bench.stop();
    await bench.append("acme", 5_000);
    bench.clock.advance(600_000);
    await bench.start();
    await bench.caughtUp();
    expect((await bench.keys()).filter((key) => key.endsWith(".gz"))).toHaveLength(1);
  });
});

describe("the position", () => {
  test("never passes what is not archived, and is where the next start goes on", async () => {
    await using bench = await ArchiveBench.open();
    await bench.append("acme", 5);
    await bench.caughtUp();
    await bench.append("globex", 1);
    await bench.append("acme", 5);
    await until(() => bench.clock.pendingTimers > 0);
    await bench.stop();
    const saved = await readArchivePosition(bench.directory, 0);
    expect(saved).toMatchObject({ offset: 5, logId: bench.wal.logId });
    await bench.start();
    expect(bench.archiver.offset).toBe(5);
    await bench.caughtUp();
    expect(await bench.archived("acme")).toEqual(await bench.logged("acme"));
    expect(await bench.archived("globex")).toEqual(await bench.logged("globex"));
  });

  test("beyond the log's end is refused: acknowledged records would be missing", async () => {
    await using bench = await ArchiveBench.open();
    await bench.stop();
    const { logId } = bench.wal;
    const position = { logId, partition: 0, begunAt: 0, offset: 9, tails: [] };
    await writeArchivePosition(bench.directory, position);
    await expect(bench.start()).rejects.toMatchObject({ reason: "LOG_SHORTER_THAN_VIEWS" });
  });

  const stated = { format: 1, partition: 0, log_id: "x", begun_at: 0, offset: 9, tails: [] };
  test.each([
    "",
    "{}",
    JSON.stringify(stated),
    encodeStated({ ...stated, offset: -1 }),
    encodeStated({ ...stated, tails: ["acme 1 2024-01-15 1 5"] }),
    encodeStated({ ...stated, partition: 1 }),
    encodeStated({ ...stated, format: 2 }),
  ])("in a file that holds %s is refused", async (content) => {
    await using bench = await ArchiveBench.open();
    await bench.stop();
    writeFileSync(join(bench.directory, "archived-0.json"), content);
    await expect(bench.start()).rejects.toMatchObject({ reason: "DATA_DIR_INVALID" });
  });

  test("that is lost costs a look into the archive, and nothing comes twice", async () => {
    await using bench = await ArchiveBench.open();
    await bench.append("acme", 5);
    await bench.caughtUp();
    await bench.stop();
    await Bun.$`rm ${join(bench.directory, "archived-0.json")}`;
    await bench.append("acme", 5);
    await bench.start();
    await bench.caughtUp();
    expect(await bench.archived("acme")).toEqual(await bench.logged("acme"));
  });
});

describe("a crash between any two steps", () => {
  /** Every call to the store, as "before put …checksum", in order. */
  const STEPS = [
    "before put records",
    "after put records",
    "before get records",
    "before put checksum",
    "after put checksum",
    "before get checksum",
  ];
  const stepOf = (call: string, key: string) => {
    if (!key.startsWith("archive/")) return `${call} position`;
    return `${call} ${key.endsWith(".checksum") ? "checksum" : "records"}`;
  };

  test.each(STEPS)("%s: the next start archives each record once", async (fatal) => {
    const inner = new MemoryBlobStore();
    await using bench = await ArchiveBench.open({ store: inner });
    await bench.append("acme", 3);
    await bench.caughtUp();
    await bench.stop();
    let isDown = false;
    bench.store = brokenStore(inner, (call, key) => {
      isDown ||= stepOf(call, key) === fatal;
      if (isDown) throw storageUnavailable("here", "go on", new Error("it ended"));
    });
    await bench.append("acme", 4);
    await bench.start();
    await bench.until(() => isDown && bench.failures.length > 0);
    expect(bench.archiver.offset).toBe(3);
    await bench.stop();
    // More came, so that the cut would lie elsewhere now.
    await bench.append("acme", 4);
    bench.store = inner;
    await bench.start();
    await bench.caughtUp();
    expect(await bench.archived("acme")).toEqual(await bench.logged("acme"));
  });

  test("leaves a segment that is behind the next one to be archived, which does not judge it", async () => {
    const inner = new MemoryBlobStore();
    const second = "archive/acme/2024-01-15/segment_000002.checksum";
    let isCut = false;
    const store = brokenStore(inner, (call, key) => {
      isCut ||= call === "before put" && key === second;
      if (key.includes("/globex/") || isCut) {
        throw storageUnavailable("here", "go on", new Error("it ended"));
      }
    });
    await using bench = await ArchiveBench.open({ store });
    await bench.append("globex", 1);
    await bench.append("acme", 3);
    await bench.until(() => bench.storedBytes > 0);
    await bench.append("acme", 2);
    await bench.until(() => isCut);
    await bench.stop();
    expect((await readArchivePosition(bench.directory, 0))?.offset ?? 0).toBe(0);
    bench.store = inner;
    bench.failures.length = 0;
    await bench.start();
    await bench.caughtUp();
    expect(bench.failures).toEqual([]);
    expect(await bench.archived("acme")).toEqual(await bench.logged("acme"));
    expect(await bench.keys("archive/acme/")).toHaveLength(4);
  });

  test.each(STEPS)("an error %s is tried again in place", async (fatal) => {
    const inner = new MemoryBlobStore();
    let left = 3;
    const store = brokenStore(inner, (call, key) => {
      if (stepOf(call, key) !== fatal || left === 0) return;
      left -= 1;
      throw storageUnavailable("here", "go on", new Error("it failed"));
    });
    await using bench = await ArchiveBench.open({ store });
    await bench.append("acme", 4);
    await bench.until(() => bench.archiver.state().failure !== undefined);
    expect(bench.archiver.offset).toBe(0);
    await bench.caughtUp();
    expect(bench.told).toEqual(["failing", "resumed"]);
    expect(bench.archiver.state().failure).toBeUndefined();
    expect(await bench.archived("acme")).toEqual(await bench.logged("acme"));
    expect(await bench.keys("archive/")).toHaveLength(2);
  });

  test("a place that keeps other bytes than it was sent is found out before the position moves", async () => {
    const inner = new MemoryBlobStore();
    const lying: BlobStore = {
      ...brokenStore(inner, () => undefined),
      put: async (key, bytes, signal) => {
        const flipped = new Uint8Array(bytes);
        flipped[20] = 1 ^ (flipped[20] ?? 0);
        await inner.put(key, flipped, signal);
      },
    };
    await using bench = await ArchiveBench.open({ store: lying });
    await bench.append("acme", 4);
    await bench.until(() => bench.failures.length > 2);
    expect(bench.failures[0]).toMatchObject({ reason: "OBJECT_DAMAGED" });
    expect(bench.archiver.offset).toBe(0);
  });
});

describe("a place that is down", () => {
  test("holds up no append and takes bounded memory; the archive catches up by itself", async () => {
    const inner = new MemoryBlobStore();
    let isDown = true;
    const store = brokenStore(inner, () => {
      if (isDown) throw storageUnavailable("here", "be reached", new Error("down"));
    });
    await using bench = await ArchiveBench.open({ store });
    const MB = 1_000_000;
    for (let i = 0; i < 16; i++) await bench.append(`tenant-${i % 2}`, 10, MB);
    let held = 0;
    await bench.until(() => {
      held = Math.max(held, bench.archiver.heldBytes);
      return bench.failures.length > 20;
    });
    // What is open, what is closed, and the segment that filled it up: of 213 MB of lines.
    expect(held).toBeLessThan(112 * 1024 * 1024);
    expect(held).toBeGreaterThan(32 * 1024 * 1024);
    expect(bench.archiver.offset).toBe(0);
    isDown = false;
    await bench.caughtUp();
    expect(bench.archiver.heldBytes).toBe(0);
    for (const tenantId of ["tenant-0", "tenant-1"]) {
      const archived = await bench.archived(tenantId);
      expect(archived.map(({ offset }) => offset)).toEqual(
        (await bench.logged(tenantId)).map(({ offset }) => offset),
      );
    }
  }, 60_000);

  test("takes bounded memory of thousands of tenants with little each", async () => {
    const store = brokenStore(new MemoryBlobStore(), () => {
      throw storageUnavailable("here", "be reached", new Error("down"));
    });
    await using bench = await ArchiveBench.open({ store });
    for (let i = 0; i < 3_000; i++) await bench.append(`tenant-${i}`, 2, 5_000);
    await bench.until(() => bench.failures.length > 20);
    expect(bench.archiver.heldBytes).toBeLessThan(112 * 1024 * 1024);
  }, 60_000);

  test("for one tenant's objects does not hold up the others", async () => {
    const inner = new MemoryBlobStore();
    const store = brokenStore(inner, (_call, key) => {
      if (key.startsWith("archive/acme/")) throw storageUnavailable("here", "go", new Error("no"));
    });
    await using bench = await ArchiveBench.open({ store });
    await bench.append("acme", 1);
    await bench.append("globex", 1);
    await bench.until(() => bench.storedBytes > 0 && bench.failures.length > 1);
    expect(await bench.archived("globex")).toEqual(await bench.logged("globex"));
    expect(bench.archiver.offset).toBe(0);
  });
});

describe("a tenant's end", () => {
  test("takes nothing of a next life along when a late record says so once more", async () => {
    await using bench = await ArchiveBench.open();
    await bench.append("acme", 2);
    await bench.caughtUp();
    await bench.end("acme");
    await bench.append("acme", 2, 0, 2);
    await bench.end("acme");
    await bench.append("acme", 1, 0, 2);
    await bench.caughtUp();
    expect(await bench.archived("acme")).toEqual(await bench.logged("acme", 2));
  });

  test("takes its archive along, and a next life begins with an empty one", async () => {
    await using bench = await ArchiveBench.open();
    await bench.append("acme", 5);
    await bench.append("globex", 5);
    await bench.caughtUp();
    await bench.end("acme");
    // Sent before the end, landed behind it.
    await bench.append("acme", 2);
    await bench.append("acme", 3, 0, 2);
    await bench.caughtUp();
    expect(await bench.archived("acme")).toEqual(await bench.logged("acme", 2));
    expect(await bench.archived("globex")).toEqual(await bench.logged("globex"));
    const facts = await bench.store.get("archive/acme/2024-01-15/segment_000001.checksum", never);
    expect(JSON.parse(Buffer.from(facts).toString())).toMatchObject({
      incarnation: 2,
      previous_offset: null,
    });
  });

  test("that was on its way at a crash is made whole at the next start", async () => {
    const inner = new MemoryBlobStore();
    await using bench = await ArchiveBench.open({ store: inner });
    await bench.append("acme", 5);
    await bench.caughtUp();
    await bench.stop();
    let deletes = 0;
    bench.store = brokenStore(inner, (call) => {
      if (call === "before delete" && deletes++ > 0) throw new Error("it ended");
    });
    await bench.end("acme");
    await bench.append("acme", 3, 0, 2);
    await bench.start();
    await bench.until(() => bench.failures.length > 0);
    await bench.stop();
    bench.store = inner;
    await bench.start();
    await bench.caughtUp();
    expect(await bench.archived("acme")).toEqual(await bench.logged("acme", 2));
  });
});

describe("an archive of another log", () => {
  test("in the place of a new server is refused, and stays as it is", async () => {
    const store = new MemoryBlobStore();
    await using old = await ArchiveBench.open({ store, seed: 1 });
    await old.append("acme", 5);
    await old.caughtUp();
    await old.stop();
    const before = await old.keys();
    await using bench = await ArchiveBench.open({ store, seed: 2 });
    await bench.append("acme", 9);
    await bench.until(() => bench.failures.length > 0);
    expect(bench.failures[0]).toMatchObject({ reason: "OBJECT_ALREADY_EXISTS" });
    expect(bench.archiver.offset).toBe(0);
    expect(await bench.keys()).toEqual(before);
    expect(await old.archived("acme")).toEqual(await old.logged("acme"));
  });

  test("is gone on with by a log that begins where it ends", async () => {
    const store = new MemoryBlobStore();
    await using old = await ArchiveBench.open({ store, seed: 1 });
    await old.append("acme", 5);
    await old.caughtUp();
    await old.stop();
    await using bench = await ArchiveBench.open({ store, seed: 2, firstOffset: 5 });
    await bench.append("acme", 3);
    await bench.caughtUp();
    expect(await bench.archived("acme")).toEqual([
      ...(await old.logged("acme")),
      ...(await bench.logged("acme")),
    ]);
  });

  test("the position of another log is none of ours", async () => {
    await using bench = await ArchiveBench.open();
    await bench.stop();
    const logId = newLogId(systemRandom, 0);
    const position = { logId, partition: 0, begunAt: 0, offset: 99, tails: [] };
    await writeArchivePosition(bench.directory, position);
    await bench.start();
    expect(bench.archiver.offset).toBe(0);
  });
});

test("opening reads nothing of the archive: the place may be down while the server starts", async () => {
  const store = brokenStore(new MemoryBlobStore(), () => {
    throw new Error("down");
  });
  await using bench = new ArchiveBench({ store });
  await expect(bench.start()).resolves.toBeUndefined();
});
