/**
 * Restores that must not be made, and what is left of them. Goal: each refusal says what is
 * wrong and what to do, nothing half restored stays, and what is there is untouched. And what
 * must be made: a directory that serves at once and goes its own way, and one tenant in place.
 */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { TRUSTED } from "../../src/access/identity.ts";
import { ArchiveReader } from "../../src/backup/archive-reader.ts";
import { snapshotKey } from "../../src/backup/keys.ts";
import { observedTail } from "../../src/backup/log-tail.ts";
import { idOf, MANIFEST_FILE } from "../../src/backup/manifest.ts";
import { readPositionCopies } from "../../src/backup/position-copies.ts";
import { restoreTenant, type TenantBase } from "../../src/backup/restore-tenant.ts";
import {
  type RestoreRequest,
  type RestoreSources,
  restoreDirectory,
} from "../../src/backup/restorer.ts";
import { SnapshotShelf } from "../../src/backup/snapshot-shelf.ts";
import { encodeStated } from "../../src/backup/stated-fields.ts";
import { statedTails } from "../../src/backup/stated-tails.ts";
import { verifyDirectory } from "../../src/backup/verify.ts";
import type { EntError } from "../../src/base/errors.ts";
import { turn } from "../../src/base/turn.ts";
import { MemoryBlobStore } from "../../src/blob/memory-blob-store.ts";
import { logDirectory } from "../../src/store/data-dir.ts";
import { segmentPath } from "../../src/wal/file-wal/segment-names.ts";
import { GRAPH_SCHEMA, NAME, USER } from "../harness/graph-schema.ts";
import { backedUpTo } from "../harness/history-of-tenants.ts";
import { letter, MAIL_SCHEMA, MailboxClient, TITLE } from "../harness/mailbox.ts";
import { createNode, ownId, str, updateNode } from "../harness/operations.ts";
import { TestPartition, until } from "../harness/partition.ts";
import { refused } from "../harness/refusal.ts";
import { SeededRandom } from "../harness/seeded-random.ts";
import { type TemporaryDirectory, temporaryDirectory } from "../harness/temporary-directory.ts";

const never = new AbortController().signal;
const NODE = ownId("nd", 0);

let store: MemoryBlobStore;
let partition: TestPartition;
let place: TemporaryDirectory;
/** Behind the node's name "right", before it is "wrong". */
let beforeMistake: number;

beforeEach(async () => {
  place = temporaryDirectory();
  store = new MemoryBlobStore();
  partition = await TestPartition.open({ wal: "file", ...backedUpTo(store) });
  const tenant = partition.tenant("acme");
  await tenant.register(GRAPH_SCHEMA);
  partition.fakeClock.advance(1_000);
  await tenant.execute([createNode(USER, { [NAME]: str("first") }, { id: NODE })]);
  partition.fakeClock.advance(1_000);
  await partition.engine.snapshots.create("", never);
  await rename("right");
  beforeMistake = partition.fakeClock.now();
  await rename("wrong");
  await archived();
});
afterEach(async () => {
  await partition[Symbol.asyncDispose]();
  place[Symbol.dispose]();
});

async function rename(name: string): Promise<void> {
  partition.fakeClock.advance(1_000);
  await partition.tenant("acme").execute([updateNode(NODE, { [NAME]: str(name) })]);
}

async function archived(): Promise<void> {
  await until(
    () => partition.engine.archiveState()?.lagRecords === 0,
    () => partition.fakeClock.advance(1_000),
  );
}

const target = () => join(place.path, "restored");
const sources = (): RestoreSources => ({
  shelf: new SnapshotShelf(store),
  archive: new ArchiveReader(store),
  log: undefined,
});
const machine = () => ({
  clock: partition.clock,
  random: new SeededRandom(7),
  progress: () => undefined,
});

function restore(change: Partial<RestoreRequest> = {}) {
  const request = {
    ...{ directory: target(), tenantId: undefined, targetTime: beforeMistake, dryRun: false },
    ...change,
  };
  return restoreDirectory(request, sources(), machine(), never);
}

async function newest() {
  const manifest = (await sources().shelf.list("acme", never)).at(-1);
  if (manifest === undefined) throw new Error("there is a snapshot");
  return manifest;
}

async function spoil(key: string, change: (text: string) => string): Promise<void> {
  const text = Buffer.from(await store.get(key, never)).toString("utf8");
  await store.delete(key, never);
  await store.put(key, Buffer.from(change(text)), never);
}

const nameIn = async (served: TestPartition) =>
  (await served.tenant("acme").node(NODE)).fields.get(NAME);

describe("with the data directory lost, and objects of the archive", () => {
  /** Lets time pass until it is said in the archive's place how far that is. */
  async function told(): Promise<void> {
    const logged = partition.partition.wal.end;
    const said = async () =>
      (await readPositionCopies(store, never)).some(({ offset }) => offset >= logged);
    while (!(await said())) {
      partition.fakeClock.advance(1_000);
      await turn();
    }
  }

  const informed = (): RestoreSources => ({
    ...sources(),
    archive: new ArchiveReader(store, statedTails(store, undefined)),
  });
  const latest = () => ({
    ...{ directory: target(), tenantId: undefined, targetTime: undefined, dryRun: false },
  });
  const keysOf = async (prefix: string) =>
    (await Array.fromAsync(store.list(prefix, never))).flat().map(({ key }) => key);

  beforeEach(async () => {
    await rename("later");
    // The catalog's own, behind its snapshot.
    await partition.tenant("globex").register(GRAPH_SCHEMA);
    await archived();
    await told();
  });

  test("all there, everything is restored", async () => {
    const { views } = await restoreDirectory(latest(), informed(), machine(), never);
    expect(views.map(({ tenantId }) => tenantId)).toEqual(["_system", "acme", "globex"]);
  });

  test("all there, it is told how far of how much a tenant is; of a time only how far", async () => {
    const told = async (request: RestoreRequest) => {
      const messages: string[] = [];
      const progress = (message: string) => void messages.push(message);
      const { views } = await restoreDirectory(
        { ...request, dryRun: true },
        informed(),
        { ...machine(), progress },
        never,
      );
      const { offset } = views.find(({ tenantId }) => tenantId === "acme") ?? {};
      return { offset, last: messages.findLast((message) => /^acme: \d+ records/.test(message)) };
    };
    const all = await told(latest());
    expect(all.last).toEndWith(` records, at ${all.offset} of ${all.offset}`);
    const then = await told({ ...latest(), targetTime: beforeMistake });
    expect(then.last).toEndWith(" records");
  });

  test.each([
    ["the newest of a tenant", "archive/acme/", (keys: string[]) => keys.slice(-2)],
    ["all of a tenant", "archive/acme/", (keys: string[]) => keys],
    ["the catalog's", "archive/_system/", (keys: string[]) => keys],
  ])("%s missing, it is named, and nothing is restored", async (_what, prefix, some) => {
    const gone = some(await keysOf(prefix));
    for (const key of gone) await store.delete(key, never);
    const error = await refused(restoreDirectory(latest(), informed(), machine(), never));
    expect(error).toMatchObject({ reason: "OBJECT_NOT_FOUND", details: { key: gone.at(-1) } });
    expect(readdirSync(place.path)).toEqual([]);
  });

  test("what says how far it is damaged, that is named", async () => {
    const [key = ""] = await keysOf("archived/");
    await spoil(key, (text) => text.replace('"offset"', '"offsets"'));
    for (const other of (await keysOf("archived/")).slice(1)) await store.delete(other, never);
    const error = await refused(restoreDirectory(latest(), informed(), machine(), never));
    expect(error).toMatchObject({ reason: "OBJECT_DAMAGED", details: { key } });
  });
});

test("of a log that is damaged behind a time, that time can be had; all there is cannot", async () => {
  await rename("damaged");
  await rename("behind it");
  await partition.stop();
  const directory = logDirectory(partition.dataDir, 0);
  const segment = segmentPath(directory, 1);
  const bytes = readFileSync(segment);
  bytes[bytes.indexOf("damaged")] = 0;
  writeFileSync(segment, bytes);
  // Waiting between two looks is over at once: what is looked at does not change meanwhile.
  const patient = Object.assign(partition.fakeClock, { sleep: () => Promise.resolve() });
  const lost = new MemoryBlobStore();
  const shelf = new SnapshotShelf(lost);
  const from = async () => ({
    ...{ shelf, archive: new ArchiveReader(lost), log: await observedTail(directory, patient) },
  });
  const request = { directory: target(), tenantId: undefined, dryRun: false };
  const all = { ...request, targetTime: undefined };
  const refusal = await refused(restoreDirectory(all, await from(), machine(), never));
  expect(refusal).toMatchObject({ reason: "LOG_DAMAGED" });
  expect(existsSync(target())).toBe(false);
  const then = { ...request, targetTime: beforeMistake };
  await restoreDirectory(then, await from(), machine(), never);
  await using restored = await TestPartition.open({
    ...{ wal: "file", from: target(), clock: partition.clock, seed: 9 },
  });
  expect(await nameIn(restored)).toEqual(str("right"));
});

describe("a restored directory", () => {
  test("serves at once what was there then, and the mistake does not come back", async () => {
    const report = await restore();
    expect(report.views.map(({ tenantId }) => tenantId)).toEqual(["_system", "acme"]);
    const old = partition.partition.wal.logId;
    await using restored = await TestPartition.open({
      ...{ wal: "file", from: target(), clock: partition.clock, seed: 9 },
    });
    expect(await nameIn(restored)).toEqual(str("right"));
    const { wal } = restored.partition;
    expect(wal.logId).not.toBe(old);
    expect(wal.start).toBe(report.offset + 1);
    await restored.tenant("acme").execute([updateNode(NODE, { [NAME]: str("better") })]);
    await restored.restart();
    expect(await nameIn(restored)).toEqual(str("better"));
  });

  test.each([
    ["canonical.db", "TENANT_HALTED"],
    ["mailbox.db", "TENANT_STALLED"],
  ])(
    "never begins a lost %s with nothing, as long as it has no snapshot of its own",
    async (lost, reason) => {
      await partition.tenant("globex").register(MAIL_SCHEMA);
      await partition.tenant("globex").execute([letter(["user:bob"], { [TITLE]: str("letter") })]);
      await archived();
      await restore({ targetTime: undefined });
      const own = backedUpTo(new MemoryBlobStore());
      await using restored = await TestPartition.open({
        ...{ wal: "file", from: target(), clock: partition.clock, seed: 9, ...own },
      });
      const globex = restored.tenant("globex");
      const read = () =>
        lost === "canonical.db" ? globex.schema() : new MailboxClient(globex).unread();
      const file = join(restored.directoryOf("globex"), lost);
      await restored.restart({}, () => writeFileSync(file, "damaged"));
      const whyNot = async () =>
        await read().then(
          () => undefined,
          (error: EntError) => error,
        );
      let error = await whyNot();
      for (; error?.reason === "TENANT_REBUILDING"; error = await whyNot()) {
        restored.fakeClock.advance(1_000);
        await turn();
      }
      expect(error).toMatchObject({ reason });
      const { cause } = restored.trouble.at(-1) ?? {};
      expect(cause).toMatchObject({ reason: "LOG_TRIMMED" });
    },
  );

  describe("that is archived in a place of its own", () => {
    let own: MemoryBlobStore;
    let restored: TestPartition;

    beforeEach(async () => {
      own = new MemoryBlobStore();
      await partition.engine.administration.createTenant(
        TRUSTED,
        { tenantId: "empty", admins: [] },
        never,
      );
      await archived();
      await restore({ targetTime: undefined });
      restored = await TestPartition.open({
        ...{ wal: "file", from: target(), clock: partition.clock, seed: 9, ...backedUpTo(own) },
      });
    });
    afterEach(() => restored[Symbol.asyncDispose]());

    /** Adds a record, archives it, and loses the directory. */
    async function lose(): Promise<void> {
      await restored.tenant("acme").execute([updateNode(NODE, { [NAME]: str("better") })]);
      await until(
        () => restored.engine.archiveState()?.lagRecords === 0,
        () => restored.fakeClock.advance(1_000),
      );
    }

    const again = () => {
      const archive = new ArchiveReader(own);
      const directory = join(place.path, "again");
      return restoreDirectory(
        { directory, tenantId: undefined, targetTime: undefined, dryRun: false },
        { shelf: new SnapshotShelf(own), archive, log: undefined },
        machine(),
        never,
      );
    };

    test("is never restored from there without what it began with", async () => {
      await restored.engine.snapshots.create("", never);
      await lose();
      const ofAcme = (await Array.fromAsync(own.list("snapshots/acme/", never))).flat();
      for (const { key } of ofAcme) await own.delete(key, never);
      const error = await refused(again());
      expect(error).toMatchObject({ reason: "TARGET_TIME_INVALID" });
      expect(error.message).toContain("tenant acme cannot be restored as it was at any time");
      expect(readdirSync(place.path)).toEqual([]);
    });

    test("is restored from there with snapshots, older than its first record or not", async () => {
      await restored.engine.snapshots.create("", never);
      await lose();
      const { views } = await again();
      expect(views.map(({ tenantId }) => tenantId)).toEqual(["_system", "acme", "empty"]);
      await using back = await TestPartition.open({
        ...{ wal: "file", from: join(place.path, "again"), clock: partition.clock, seed: 10 },
      });
      expect(await nameIn(back)).toEqual(str("better"));
    });

    test("makes a tenant again that nobody ever wrote to, and no other", async () => {
      await restored.restart();
      expect((await restored.engine.rebuildTenant("empty", never)).records).toBe(0);
      const error = await refused(restored.engine.rebuildTenant("acme", never));
      expect(error.reason).toBe("LOG_TRIMMED");
      await restored.tenant("empty").register(GRAPH_SCHEMA);
      expect((await restored.engine.rebuildTenant("empty", never)).records).toBe(1);
    });
  });

  test("is sound, which a look through it says, and a damaged page not", async () => {
    await restore();
    const { archive } = sources();
    const verification = { directory: target(), archive, progress: () => undefined };
    const look = () => verifyDirectory({ ...verification, clock: partition.clock }, never);
    const { tenants } = await look();
    expect(tenants.map(({ tenantId }) => tenantId)).toEqual(["_system", "acme"]);
    const [directory = ""] = readdirSync(join(target(), "tenants")).filter((d) => d !== "_system");
    const file = join(target(), "tenants", directory, "canonical.db");
    const pages = Buffer.from(await Bun.file(file).arrayBuffer());
    writeFileSync(file, pages.fill(0x5a, 8_192, 40_960));
    await expect(look()).rejects.toThrow();
  });

  test("of one tenant has no other", async () => {
    await partition.tenant("globex").register(GRAPH_SCHEMA);
    await archived();
    const { views } = await restore({ tenantId: "acme", targetTime: undefined });
    expect(views.map(({ tenantId }) => tenantId)).toEqual(["_system", "acme"]);
    await using restored = await TestPartition.open({
      ...{ wal: "file", from: target(), clock: partition.clock, seed: 9, autoCreateTenants: false },
    });
    expect(await nameIn(restored)).toEqual(str("wrong"));
    expect(await refused(restored.tenant("globex").schema())).toMatchObject({
      reason: "TENANT_NOT_FOUND",
    });
  });

  test("is not kept after a dry run", async () => {
    expect((await restore({ dryRun: true })).views).toHaveLength(2);
    expect(readdirSync(place.path)).toEqual([]);
  });
});

/** With a hash of its own that fits what was changed. */
function restated(text: string): string {
  const { own_sha256: _, ...content } = JSON.parse(text);
  return Buffer.from(encodeStated(content)).toString();
}

describe("nothing is restored", () => {
  async function expectRefused(
    reason: string,
    words: string,
    change: Partial<RestoreRequest> = {},
  ): Promise<void> {
    const before = readdirSync(place.path);
    const error = await refused(restore(change));
    expect(error).toMatchObject({ reason });
    expect(error.message).toContain(words);
    expect(error.hint ?? "").not.toBe("");
    expect(readdirSync(place.path)).toEqual(before);
    expect(await nameIn(partition)).toEqual(str("wrong"));
  }

  test("to a time in the future", async () => {
    const targetTime = partition.clock.now() + 60_000;
    const now = new Date(partition.clock.now()).toISOString();
    await expectRefused("TARGET_TIME_INVALID", `in the future: the latest time is now, ${now}`, {
      targetTime,
    });
  });

  test("to a time before the beginning", async () => {
    await expectRefused("TARGET_TIME_INVALID", "nothing of", { targetTime: 1_000 });
    const earliest = await earliestToldOf(1_000);
    await expectRefused("TARGET_TIME_INVALID", "the earliest is of", { targetTime: earliest - 1 });
    expect((await restore({ targetTime: earliest })).logTime).toBe(earliest);
  });

  test("out of a place that has nothing of any time, whichever is named", async () => {
    const empty = new MemoryBlobStore();
    const nothing = { shelf: new SnapshotShelf(empty), archive: new ArchiveReader(empty) };
    for (const targetTime of [undefined, beforeMistake]) {
      const request = { directory: target(), tenantId: undefined, targetTime, dryRun: false };
      const from = { ...nothing, log: undefined };
      const error = await refused(restoreDirectory(request, from, machine(), never));
      expect(error).toMatchObject({ reason: "TARGET_TIME_INVALID", details: {} });
      expect(error.message).toContain("nothing of any time");
    }
  });

  test("to a time before the oldest archive, where no snapshot is old enough", async () => {
    const { logTime } = await newest();
    const archive = (await Array.fromAsync(store.list("archive/acme/", never))).flat();
    for (const { key } of archive) await spoilFirst(key);
    const oldest = `its oldest snapshot is of ${new Date(logTime).toISOString()}`;
    await expectRefused("TARGET_TIME_INVALID", oldest, { targetTime: logTime - 1 });
    expect(await earliestToldOf(logTime - 1)).toBe(logTime);
    expect((await restore({ targetTime: logTime })).logTime).toBe(logTime);
  });
  /** The details of a refusal of that time say which one would do. */
  async function earliestToldOf(targetTime: number): Promise<number> {
    const { details, message } = await refused(restore({ targetTime }));
    const { earliest_time: earliest = "" } = details ?? {};
    expect(message).toContain(earliest);
    return Date.parse(earliest);
  }
  /** As after retention: what stands there continues something that has gone. */
  async function spoilFirst(key: string): Promise<void> {
    if (!key.endsWith(".checksum")) return;
    await spoil(key, (text) =>
      restated(text.replace('"previous_offset": null', '"previous_offset": 0')),
    );
  }

  test("of a tenant that was not there", async () => {
    await expectRefused("TENANT_NOT_FOUND", "nobody", { tenantId: "nobody" });
  });

  test("out of a damaged manifest", async () => {
    const key = snapshotKey("acme", idOf(await newest()), MANIFEST_FILE);
    await spoil(key, (text) => text.slice(0, text.length / 2));
    await expectRefused("OBJECT_DAMAGED", key);
  });

  test("out of a manifest of a later version", async () => {
    const key = snapshotKey("acme", idOf(await newest()), MANIFEST_FILE);
    await spoil(key, (text) => text.replace('"format": 1', '"format": 2'));
    await expectRefused("OBJECT_DAMAGED", "format 2");
  });

  test("out of a foreign tenant's snapshot", async () => {
    const key = snapshotKey("acme", idOf(await newest()), MANIFEST_FILE);
    await spoil(key, (text) => restated(text.replace('"acme"', '"globex"')));
    await expectRefused("SNAPSHOT_FOREIGN", "globex");
  });

  test("out of a file that is another than its manifest says", async () => {
    const key = snapshotKey("acme", idOf(await newest()), "canonical.db");
    await spoil(key, (text) => `${text} `);
    await expectRefused("OBJECT_DAMAGED", key);
  });

  test("into a directory that holds something", async () => {
    mkdirSync(target());
    writeFileSync(join(target(), "mine"), "");
    await expectRefused("DATA_DIR_INVALID", "mine");
  });

  test("into a place that is a file", async () => {
    writeFileSync(target(), "");
    await expectRefused("DATA_DIR_INVALID", target());
  });

  test.skipIf(process.getuid?.() === 0)("into a directory that may not be written", async () => {
    chmodSync(place.path, 0o500);
    await expectRefused("DATA_DIR_INVALID", "cannot be written");
    chmodSync(place.path, 0o700);
  });

  test.skipIf(!existsSync("/dev/full"))(
    "into a place that no directory can be made in",
    async () => {
      await expectRefused("DATA_DIR_INVALID", "/dev/full", { directory: "/dev/full/restored" });
    },
  );
});

describe("one tenant in place", () => {
  function inPlace(base: TenantBase, tenantId = "acme", from = sources()) {
    const directory = partition.dataDir;
    return restoreTenant({ directory, tenantId, base, dryRun: false }, from, machine(), never);
  }
  const snapshot = async () => ({ from: "snapshot", manifest: await newest() }) as const;

  test("comes back from a snapshot, and catches up", async () => {
    const base = await snapshot();
    await partition.stop();
    const view = await inPlace(base);
    expect(view).toMatchObject({ records: 2, snapshotId: idOf(base.manifest) });
    await partition.start();
    expect(await nameIn(partition)).toEqual(str("wrong"));
  });

  test("is refused while a server runs", async () => {
    expect(await refused(inPlace(await snapshot()))).toMatchObject({ reason: "DATA_DIR_LOCKED" });
    expect(await nameIn(partition)).toEqual(str("wrong"));
  });

  test("is refused what another log has written", async () => {
    const base = await snapshot();
    await restore();
    const directory = target();
    const request = { directory, tenantId: "acme", base, dryRun: false };
    const error = await refused(restoreTenant(request, sources(), machine(), never));
    expect(error).toMatchObject({ reason: "SNAPSHOT_FOREIGN" });
  });

  test.each([
    ["behind the archive's end", 1_000, "ends before"],
    ["behind the tenant's files, with a gap", 5, "would be missing"],
  ])("is refused a position %s", async (_what, offset, words) => {
    const { manifest } = await snapshot();
    await partition.stop();
    if (words === "would be missing") await inPlaceOfSnapshotOnly(manifest);
    const error = await refused(inPlace({ from: "position", offset: offset - 1 }));
    expect(error).toMatchObject({ reason: "POSITION_BEYOND_LOG" });
    expect(error.message).toContain(words);
    await partition.start();
    expect(await nameIn(partition)).toEqual(str("wrong"));
  });
  /** The tenant's files as they were in the snapshot, with nothing behind it. */
  async function inPlaceOfSnapshotOnly(manifest: Awaited<ReturnType<typeof newest>>) {
    const archive = new ArchiveReader(new MemoryBlobStore());
    await inPlace({ from: "snapshot", manifest }, "acme", { ...sources(), archive });
  }

  test("of which there is none is refused", async () => {
    const base = await snapshot();
    await partition.stop();
    expect(await refused(inPlace(base, "nobody"))).toMatchObject({ reason: "TENANT_NOT_FOUND" });
  });

  test("in what is no data directory is refused, and nothing is made", async () => {
    const request = {
      directory: target(),
      tenantId: "acme",
      base: await snapshot(),
      dryRun: false,
    };
    const error = await refused(restoreTenant(request, sources(), machine(), never));
    expect(error).toMatchObject({ reason: "DATA_DIR_INVALID" });
    expect(readdirSync(place.path)).toEqual([]);
  });
});
