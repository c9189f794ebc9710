/**
 * A partition that archives its log and then trims it. Goal: the log's files stay few, and
 * whatever of the views is lost is made again, the same, from the archive and what is left of
 * the log; where that cannot be, it is said, and nothing that is there is touched. Method: a
 * partition on files with small segments and a clock of the test's own, written to until its
 * log has been trimmed.
 */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type Identity, TRUSTED } from "../../src/access/identity.ts";
import { readArchivePosition } from "../../src/backup/archive-position.ts";
import { ArchiveReader } from "../../src/backup/archive-reader.ts";
import { archivePrefix } from "../../src/backup/keys.ts";
import { statedTails } from "../../src/backup/stated-tails.ts";
import { verifyDirectory } from "../../src/backup/verify.ts";
import { EntError } from "../../src/base/errors.ts";
import { turn } from "../../src/base/turn.ts";
import { MemoryBlobStore } from "../../src/blob/memory-blob-store.ts";
import type { ArchiveOptions } from "../../src/server/partition-archive.ts";
import { checkpointDirectory } from "../../src/store/data-dir.ts";
import { EMAIL, GRAPH_SCHEMA, NAME, USER } from "../harness/graph-schema.ts";
import { createNode, ownId, str, updateNode } from "../harness/operations.ts";
import { TestPartition, until } from "../harness/partition.ts";
import { refused } from "../harness/refusal.ts";
import type { TenantClient } from "../harness/tenant-client.ts";

const never = new AbortController().signal;
const OPERATOR: Identity = { ...TRUSTED, actor: "user:root", credential: "key:root" };
const TENANTS = ["acme", "globex"];
/** Of one write, so that a few dozen fill a segment. */
const LONG = "x".repeat(50_000);

let store: MemoryBlobStore;
let partition: TestPartition;

function archiving(): ArchiveOptions {
  return {
    store,
    component: "archive",
    intervalMs: 60_000,
    retentionDays: 0,
    trimsLog: true,
    snapshots: undefined,
    meter: { stored: () => undefined, failed: () => undefined },
    log: { archiveFailing: () => undefined, archiveResumed: () => undefined },
  };
}

beforeEach(async () => {
  store = new MemoryBlobStore();
  partition = await TestPartition.open({ wal: "file", archive: archiving() });
});
afterEach(() => partition[Symbol.asyncDispose]());

async function fill(writes: number, from = 0): Promise<void> {
  for (const tenantId of TENANTS) {
    const tenant = partition.tenant(tenantId);
    if (from === 0) await tenant.register(GRAPH_SCHEMA);
    for (let i = from; i < from + writes; i++) {
      const fields = { [EMAIL]: str(`${tenantId}-${i}`), [NAME]: str(LONG) };
      await tenant.execute([createNode(USER, fields, { id: ownId("nd", i) })]);
    }
  }
}

/** Lets time pass until everything is archived. */
const archived = () =>
  until(
    () => partition.engine.archiveState()?.lagRecords === 0,
    () => partition.fakeClock.advance(1_000),
  );

/** The keys of a tenant's archive, in order. */
const keysOf = async (tenantId: string) =>
  (await Array.fromAsync(store.list(archivePrefix(tenantId), never))).flat().map(({ key }) => key);

/** Lets time pass until everything is archived, in a checkpoint, and what can go has gone. */
async function trimmed(): Promise<void> {
  const { engine, wal } = partition.partition;
  const before = wal.start;
  await until(
    () => engine.archiveState()?.lagRecords === 0 && wal.start > before,
    () => partition.fakeClock.advance(1_000),
  );
}

async function trimmedPartition(): Promise<void> {
  await fill(40);
  await trimmed();
  // Something that only the log has.
  for (const tenantId of TENANTS) {
    await partition.tenant(tenantId).execute([updateNode(ownId("nd", 0), { [NAME]: str("new") })]);
  }
}

const emails = async (tenant: TenantClient) =>
  (await tenant.queryAll({ typeId: USER })).map(({ fields }) => {
    const email = fields.get(EMAIL);
    return email?.kind === "str" ? email.value : undefined;
  });
const emailsOf = (tenantId: string, users: number) =>
  Array.from({ length: users }, (_, i) => `${tenantId}-${i}`);

/** Asks until the tenant is served again: a repair goes on behind the refusals. */
async function onceServed<T>(ask: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof EntError && error.reason === "TENANT_REBUILDING")) throw error;
      partition.fakeClock.advance(100);
      await turn();
    }
  }
}

async function expectWhole(users: number): Promise<void> {
  for (const tenantId of TENANTS) {
    const tenant = partition.tenant(tenantId);
    const node = await onceServed(() => tenant.node(ownId("nd", 0), { strong: true }));
    expect(await emails(tenant)).toEqual(emailsOf(tenantId, users));
    expect(node.fields.get(NAME)).toEqual(str("new"));
  }
}

const segmentFiles = () =>
  readdirSync(join(partition.dataDir, "log", "0")).filter((name) => name.endsWith(".segment"));

describe("the log is trimmed", () => {
  test("when it is archived and in the checkpoint, so that its files stay few in a long run", async () => {
    for (let round = 0; round < 5; round++) {
      await fill(40, 40 * round);
      await trimmed();
      // 400 writes of 50 KB are twenty segments of 1 MiB.
      await until(
        () => segmentFiles().length < 8,
        () => partition.fakeClock.advance(1_000),
      );
    }
    expect(partition.engine.logState().startOffset).toBe(partition.partition.wal.start);
  }, 60_000);

  test("not while the place is down; writes go on, and health says so", async () => {
    const list = store.listFolders.bind(store);
    store.listFolders = () => {
      throw new Error("the place is down");
    };
    await fill(40);
    const { engine, wal } = partition.partition;
    await until(
      () => engine.archiveState()?.failure !== undefined,
      () => partition.fakeClock.advance(1_000),
    );
    for (let i = 0; i < 200; i++) {
      partition.fakeClock.advance(1_000);
      await turn();
    }
    expect(wal.start).toBe(0);
    expect(engine.health()).toMatchObject({
      status: "healthy",
      components: { archive: "the place is down" },
    });
    store.listFolders = list;
    await trimmed();
    expect(engine.health().components["archive"]).toBe("ok");
  }, 60_000);

  test("not below a tenant that cannot be applied any further", async () => {
    await fill(1);
    const halted = await partition.appendRecord("acme", { rulesVersion: 99 });
    await until(() => partition.engine.logState().tenantsBehind.length === 1);
    for (let i = 1; i < 40; i++) {
      const fields = { [EMAIL]: str(`globex-${i}`), [NAME]: str(LONG) };
      await partition.tenant("globex").execute([createNode(USER, fields)]);
    }
    const { engine, wal } = partition.partition;
    await until(
      () => engine.archiveState()?.lagRecords === 0,
      () => partition.fakeClock.advance(1_000),
    );
    for (let i = 0; i < 200; i++) {
      partition.fakeClock.advance(1_000);
      await turn();
    }
    expect(wal.start).toBeLessThanOrEqual(halted);
  }, 60_000);
});

describe("made again from the archive and what is left of the log", () => {
  test("a tenant's view, at an operator's wish, outcome by outcome and row by row", async () => {
    await trimmedPartition();
    const report = await partition.engine.rebuildTenant("acme", never);
    expect(report.contentHashAfter).toBe(report.contentHashBefore);
    expect(report.outcomeDigestAfter).toBe(report.outcomeDigestBefore);
    // The schema, forty nodes, and the last change.
    expect(report.records).toBe(42);
  }, 60_000);

  test("a tenant's view that is lost, while the others are served", async () => {
    await trimmedPartition();
    const directory = partition.directoryOf("acme");
    await partition.crash({}, () =>
      rmSync(directory.replace(/^.*\/data/, partition.dataDir), { recursive: true }),
    );
    expect(await emails(partition.tenant("globex"))).toEqual(emailsOf("globex", 40));
    await expectWhole(40);
  }, 60_000);

  test("the catalog", async () => {
    await trimmedPartition();
    await partition.crash({}, () =>
      rmSync(join(partition.dataDir, "tenants", "_system"), { recursive: true }),
    );
    await expectWhole(40);
  }, 60_000);

  test("the catalog, and once more after a crash in the middle of that", async () => {
    await trimmedPartition();
    await partition.crash({}, () =>
      rmSync(join(partition.dataDir, "tenants", "_system"), { recursive: true }),
    );
    // Nothing that was made since is in a checkpoint.
    expect(existsSync(join(partition.dataDir, "checkpoint", "partition-0.json"))).toBe(false);
    await partition.crash();
    await expectWhole(40);
  }, 60_000);

  test("all views", async () => {
    await trimmedPartition();
    await partition.crash({}, () => {
      rmSync(join(partition.dataDir, "tenants"), { recursive: true });
      rmSync(join(partition.dataDir, "checkpoint"), { recursive: true });
    });
    await expectWhole(40);
    for (const tenantId of TENANTS) {
      const fields = { [EMAIL]: str(`${tenantId}-40`) };
      const tenant = partition.tenant(tenantId);
      await onceServed(() => tenant.execute([createNode(USER, fields, { id: ownId("nd", 40) })]));
    }
    await expectWhole(41);
  }, 60_000);
});

describe("where the archive is not whole", () => {
  /** A trimmed log, and three segments of each tenant in the archive. */
  async function threeSegments(): Promise<string[]> {
    for (const from of [0, 20, 40]) {
      await fill(20, from);
      await archived();
    }
    const { wal } = partition.partition;
    await until(
      () => wal.start > wal.end - 30,
      () => partition.fakeClock.advance(1_000),
    );
    const keys = await keysOf("acme");
    expect(keys.length).toBeGreaterThanOrEqual(6);
    return keys;
  }

  test.each([
    ["oldest segment is", ["LOG_TRIMMED"], (keys: string[]) => keys.slice(0, 2)],
    [
      "second segment is",
      ["OBJECT_NOT_FOUND", "ARCHIVE_GAP"],
      (keys: string[]) => keys.slice(2, 4),
    ],
    ["newest segment is", ["OBJECT_NOT_FOUND"], (keys: string[]) => keys.slice(-2)],
    ["newest segment's checksum is", ["OBJECT_NOT_FOUND"], (keys: string[]) => keys.slice(-2, -1)],
    ["newest two segments are", ["OBJECT_NOT_FOUND"], (keys: string[]) => keys.slice(-4)],
    ["archive is", ["OBJECT_NOT_FOUND"], (keys: string[]) => keys],
  ])(
    "a rebuild names what is missing, and the tenant is served as before, when its %s",
    async (_what, reasons, some) => {
      const keys = await threeSegments();
      const gone = some(keys);
      for (const key of gone) await store.delete(key, never);
      const error = await refused(partition.engine.rebuildTenant("acme", never));
      const { reason, message } = error;
      expect(reasons).toContain(reason);
      // A day's last segment is missed by the first one of the next day.
      const name =
        reason === "ARCHIVE_GAP" ? keys[keys.indexOf(gone.at(-1) ?? "") + 2] : gone.at(-1);
      if (reason !== "LOG_TRIMMED") expect(message).toContain(name as string);
      await until(() => partition.engine.logState().tenantsBehind.length === 0);
      expect(await emails(partition.tenant("acme"))).toEqual(emailsOf("acme", 60));
    },
    60_000,
  );

  test("a lost view is not made again without them, and made when they are back", async () => {
    const keys = await threeSegments();
    const objects = await Promise.all(keys.map((key) => store.get(key, never)));
    for (const key of keys) await store.delete(key, never);
    const directory = partition.directoryOf("acme");
    await partition.crash({}, () =>
      rmSync(directory.replace(/^.*\/data/, partition.dataDir), { recursive: true }),
    );
    expect(await emails(partition.tenant("globex"))).toEqual(emailsOf("globex", 60));
    const halt = () => partition.trouble.find(({ what }) => what === "halted");
    // That it is gone is met when it is opened.
    await refused(partition.tenant("acme").node(ownId("nd", 0)));
    await until(() => halt() !== undefined);
    expect(halt()).toMatchObject({ tenantId: "acme", cause: { details: { key: keys.at(-1) } } });
    for (const [i, key] of keys.entries()) await store.put(key, objects[i] as Uint8Array, never);
    await partition.crash();
    const tenant = partition.tenant("acme");
    await onceServed(() => tenant.node(ownId("nd", 0), { strong: true }));
    expect(await emails(tenant)).toEqual(emailsOf("acme", 60));
  }, 60_000);

  test("a look through the stopped server's directory names it; with all there it replays all", async () => {
    await threeSegments();
    await partition.stop();
    const verify = async () => {
      const position = await readArchivePosition(checkpointDirectory(partition.dataDir), 0);
      const archive = new ArchiveReader(store, statedTails(store, position));
      const { dataDir: directory, clock } = partition;
      const verification = { directory, archive, clock, progress: () => undefined };
      return (await verifyDirectory(verification, never)).tenants;
    };
    for (const { replayed } of await verify()) expect(replayed).toBe(true);
    const keys = await keysOf("globex");
    for (const key of keys.slice(-2)) await store.delete(key, never);
    const error = await refused(verify());
    expect(error).toMatchObject({ reason: "OBJECT_NOT_FOUND", details: { key: keys.at(-1) } });
  }, 60_000);

  test("a lost catalog is no empty one: the server does not start, and no tenant's files go", async () => {
    await trimmedPartition();
    const tenants = () => readdirSync(join(partition.dataDir, "tenants")).sort();
    let before: string[] = [];
    store = new MemoryBlobStore();
    const opening = partition.crash({ archive: archiving() }, () => {
      rmSync(join(partition.dataDir, "tenants", "_system"), { recursive: true });
      before = tenants();
    });
    // Another place, in which the archive is not.
    await expect(opening).rejects.toMatchObject({
      reason: "OBJECT_NOT_FOUND",
      message: expect.stringContaining("archive/_system/"),
    });
    expect(tenants().filter((name) => name !== "_system")).toEqual(before);
    await expect(partition.start({ archive: undefined })).rejects.toMatchObject({
      reason: "LOG_TRIMMED",
    });
    expect(tenants().filter((name) => name !== "_system")).toEqual(before);
  }, 60_000);
});

test("a deleted tenant's archive goes, and a next life of its id begins with an empty one", async () => {
  await fill(3);
  const { engine } = partition;
  await archived();
  expect(await keysOf("acme")).toHaveLength(2);
  await engine.administration.deleteTenant(OPERATOR, "acme", never);
  await archived();
  expect(await keysOf("acme")).toEqual([]);
  expect(await keysOf("globex")).toHaveLength(2);
  await partition.tenant("acme").register(GRAPH_SCHEMA);
  await archived();
  expect(await keysOf("acme")).toHaveLength(2);
}, 60_000);
