/**
 * Snapshots of a partition. Goal: they are whole, of one moment, made while others write, kept
 * for as long as they must be, and what a lost file comes back from. Method: a partition in
 * memory that keeps its snapshots in memory, and a clock of the test's own.
 */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { TRUSTED } from "../../src/access/identity.ts";
import { snapshotKey } from "../../src/backup/keys.ts";
import { SnapshotShelf } from "../../src/backup/snapshot-shelf.ts";
import { EntError } from "../../src/base/errors.ts";
import { systemRandom } from "../../src/base/random.ts";
import { turn } from "../../src/base/turn.ts";
import { openDirectoryBlobStore } from "../../src/blob/directory-blob-store.ts";
import { MemoryBlobStore } from "../../src/blob/memory-blob-store.ts";
import { SYSTEM_TENANT_ID } from "../../src/record/transaction.ts";
import type { Catalog } from "../../src/tenant/catalog.ts";
import { Gate } from "../../src/tenant/gate.ts";
import { WriteBrake } from "../../src/tenant/write-brake.ts";
import { GRAPH_SCHEMA, NAME, USER } from "../harness/graph-schema.ts";
import { backedUpTo, hashesOf } from "../harness/history-of-tenants.ts";
import { letter, MAIL_SCHEMA, MailboxClient, TITLE } from "../harness/mailbox.ts";
import { createNode, ownId, str, updateNode } from "../harness/operations.ts";
import { TestPartition, until } from "../harness/partition.ts";
import { refusal, refused } from "../harness/refusal.ts";
import { temporaryDirectory } from "../harness/temporary-directory.ts";

const never = new AbortController().signal;
const DAY_MS = 86_400_000;

let store: MemoryBlobStore;
let partition: TestPartition;

beforeEach(async () => {
  store = new MemoryBlobStore();
  partition = await TestPartition.open({ wal: "file", ...backedUpTo(store) });
});
afterEach(() => partition[Symbol.asyncDispose]());

const snapshots = () => partition.engine.snapshots;
const keys = async (prefix = "snapshots/") =>
  (await Array.fromAsync(store.list(prefix, never))).flat().map(({ key }) => key);

async function write(tenantId: string, name: string, number = 0): Promise<void> {
  const tenant = partition.tenant(tenantId);
  await tenant.register(GRAPH_SCHEMA);
  await tenant.execute([createNode(USER, { [NAME]: str(name) }, { id: ownId("nd", number) })]);
}

describe("a snapshot", () => {
  test("says what it holds, and is listed", async () => {
    await write("acme", "Ada");
    const [made] = await snapshots().create("acme", never);
    const { fingerprint } = await partition.tenant("acme").schema();
    expect(made).toMatchObject({
      tenantId: "acme",
      walPosition: "0:2",
      logTime: partition.clock.now(),
      schemaFingerprint: fingerprint,
    });
    expect(await snapshots().list("acme", never)).toEqual(made ? [made] : []);
    const id = made?.snapshotId ?? "";
    expect(await keys()).toEqual(
      ["canonical.db", "manifest.json"].map((file) => snapshotKey("acme", id, file)),
    );
  });

  test("has what the view had, and mailboxes that are not ahead of it", async () => {
    const tenant = partition.tenant("acme");
    await tenant.register(MAIL_SCHEMA);
    for (let i = 0; i < 5; i++) {
      await tenant.execute([letter(["user:bob"], { [TITLE]: str(`letter ${i}`) })]);
    }
    await new MailboxClient(tenant).unread();
    await snapshots().create("acme", never);
    const [manifest] = await new SnapshotShelf(store).list("acme", never);
    const state = partition.partition.stores.open("acme")?.state();
    expect(manifest).toMatchObject({
      offset: state?.appliedOffset,
      outcomeDigest: Buffer.from(state?.outcomeDigest ?? []).toString("hex"),
      mailboxOffset: state?.appliedOffset,
      files: [{ name: "canonical.db" }, { name: "mailbox.db" }],
    });
  });

  test("of everything has every tenant, and the catalog last", async () => {
    await write("acme", "Ada");
    await write("globex", "Bob");
    const made = await snapshots().create("", never);
    expect(made.map(({ tenantId }) => tenantId)).toEqual(["acme", "globex", SYSTEM_TENANT_ID]);
    expect(partition.engine.health().lastSnapshotAt).toBe(made[2]?.createdAt ?? 0);
  });

  test("of a tenant that is not there is refused, and leaves nothing", async () => {
    const error = await refused(snapshots().create("nobody", never));
    expect(error.reason).toBe("TENANT_NOT_FOUND");
    expect(await keys()).toEqual([]);
  });

  test("that is not there is told apart from one that is", async () => {
    await write("acme", "Ada");
    const [made] = await snapshots().create("acme", never);
    const shelf = new SnapshotShelf(store);
    const id = made?.snapshotId ?? "";
    expect((await shelf.get("acme", id.replaceAll(":", "-"), never)).tenantId).toBe("acme");
    for (const other of ["snap_2020-01-01T00:00:00.000Z", "yesterday", ""]) {
      const error = await refused(shelf.get("acme", other, never));
      expect(error.reason).toBe("SNAPSHOT_NOT_FOUND");
      expect(error.hint).not.toBe("");
    }
  });

  test("is refused where everything is in memory", async () => {
    await using other = await TestPartition.open();
    expect(await refused(other.engine.snapshots.create("", never))).toMatchObject({
      reason: "SNAPSHOTS_OFF",
    });
  });

  test("goes with its tenant, and only that life's", async () => {
    await write("acme", "Ada");
    await snapshots().create("acme", never);
    await partition.engine.administration.deleteTenant(TRUSTED, "acme", never);
    await write("acme", "Eve");
    await snapshots().create("acme", never);
    await until(() => true);
    const left = await new SnapshotShelf(store).list("acme", never);
    expect(left.map(({ incarnation }) => incarnation)).toEqual([2]);
  });
});

test.each([
  ["before any went", ["canonical.db", "manifest.json"]],
  ["when the manifest had gone", ["canonical.db"]],
])(
  "snapshots of a tenant that ended go at the next start, if a crash came %s",
  async (_, there) => {
    await write("acme", "Ada");
    await snapshots().create("acme", never);
    const left = await Promise.all(
      (await keys()).map(async (key) => [key, await store.get(key, never)] as const),
    );
    await partition.engine.administration.deleteTenant(TRUSTED, "acme", never);
    await untilNone();
    for (const [key, bytes] of left) {
      if (there.some((file) => key.endsWith(file))) await store.put(key, bytes, never);
    }
    await partition.restart();
    await untilNone();
  },
);

test("nothing of a tenant that ended is left, if a crash came when the last file had gone", async () => {
  using place = temporaryDirectory();
  const files = await openDirectoryBlobStore({ directory: place.path, random: systemRandom });
  await using onDisk = await TestPartition.open({ wal: "file", ...backedUpTo(files) });
  const { snapshots, administration } = onDisk.engine;
  await onDisk.tenant("acme").register(GRAPH_SCHEMA);
  await snapshots.create("acme", never);
  const snapshot = readdirSync(join(place.path, "snapshots/acme"))[0] ?? "";
  const left = ["snapshots/acme", "archive/acme"].map((folder) => join(place.path, folder));
  const gone = () => left.every((folder) => !existsSync(folder));
  await administration.deleteTenant(TRUSTED, "acme", never);
  await until(gone);
  mkdirSync(join(place.path, "snapshots/acme", snapshot), { recursive: true });
  await onDisk.restart();
  await until(gone);
});

async function untilNone(): Promise<void> {
  let left = Number.POSITIVE_INFINITY;
  const look = async () => {
    left = (await keys()).length;
  };
  await until(
    () => left === 0,
    () => void look(),
  );
}

describe("while it is made", () => {
  test("nothing leaves the outbox, so that the pair is whole by itself", async () => {
    const tenant = partition.tenant("acme");
    await tenant.register(MAIL_SCHEMA);
    const mail = (title: string) => tenant.execute([letter(["user:bob"], { [TITLE]: str(title) })]);
    await mail("one");
    const making = snapshots().create("acme", never);
    for (let i = 0; i < 20; i++) {
      await mail(`more ${i}`);
      await new MailboxClient(tenant).unread();
      await partition.checkpoint();
    }
    await making;
    // Looking into the copies proves that they are a pair; else there would be no snapshot.
    expect(await new SnapshotShelf(store).list("acme", never)).toHaveLength(1);
  });

  test("writes are slowed down and then refused as what they add grows, and go on behind it", async () => {
    const brake = new WriteBrake(partition.clock);
    const gate = { autoCreateTenants: false, brake };
    await write("acme", "Ada");
    const { applied, stores } = partition.partition;
    const entries = { find: (id: string) => stores.findEntry(id) } as Catalog;
    const guarded = new Gate(entries, applied, gate);
    expect(guarded.admitWrite("acme", never)).not.toBeInstanceOf(Promise);
    brake.press("acme", "slow");
    const slowed = guarded.admitWrite("acme", never);
    expect(slowed).toBeInstanceOf(Promise);
    partition.fakeClock.advance(100);
    expect(await slowed).toMatchObject({ tenantId: "acme" });
    brake.press("acme", "stop");
    expect(refusal(() => guarded.admitWrite("acme", never))).toMatchObject({
      ...{ reason: "OVERLOADED", code: "resource_exhausted", retryable: true },
    });
    brake.press("acme", undefined);
    expect(guarded.admitWrite("acme", never)).toMatchObject({ tenantId: "acme" });
  });
});

describe("by themselves", () => {
  async function scheduled(options: { retentionDays?: number; intervalMs?: number } = {}) {
    const { snapshots: backedUp } = backedUpTo(store);
    const { retentionDays = 30, intervalMs = DAY_MS } = options;
    await partition.restart({ snapshots: { ...backedUp, retentionDays, intervalMs } });
  }
  const stored = (tenantId: string) => new SnapshotShelf(store).list(tenantId, never);
  /** Lets time pass until the next round is over. */
  async function day(): Promise<void> {
    const roundAt = () =>
      partition.fakeClock.now() - (partition.engine.snapshots.state()?.ageMs ?? 0);
    const before = roundAt();
    await until(
      () => roundAt() > before,
      () => partition.fakeClock.advance(30 * 60_000),
    );
  }

  test("every tenant gets one when its time has come, and none while it does not change", async () => {
    await write("acme", "Ada");
    await scheduled();
    await day();
    expect(await stored("acme")).toHaveLength(1);
    expect(await stored(SYSTEM_TENANT_ID)).toHaveLength(1);
    await day();
    expect(await stored("acme")).toHaveLength(1);
    const tenant = partition.tenant("acme");
    await tenant.execute([updateNode(ownId("nd", 0), { [NAME]: str("Bo") })]);
    await day();
    expect(await stored("acme")).toHaveLength(2);
  });

  test("old ones go, but never the last from which the log goes on", async () => {
    await scheduled({ retentionDays: 2 });
    await write("acme", "0");
    for (let i = 1; i <= 5; i++) {
      await partition.tenant("acme").execute([updateNode(ownId("nd", 0), { [NAME]: str(`${i}`) })]);
      await day();
    }
    const kept = await stored("acme");
    expect(kept.length).toBeLessThan(5);
    const newest = kept.at(-1);
    for (let i = 0; i < 5; i++) await day();
    expect(await stored("acme")).toEqual(newest ? [newest] : []);
  });
});

describe("a lost file", () => {
  async function served(tenantId: string) {
    for (;;) {
      try {
        return await partition.tenant(tenantId).node(ownId("nd", 0), { strong: true });
      } catch (error) {
        if (!(error instanceof EntError && error.reason === "TENANT_REBUILDING")) throw error;
        partition.fakeClock.advance(100);
        await turn();
      }
    }
  }

  async function onFiles(): Promise<void> {
    await partition[Symbol.asyncDispose]();
    partition = await TestPartition.open({ wal: "file", ...backedUpTo(store) });
    await write("acme", "Ada");
    await write("globex", "Bob");
    await snapshots().create("", never);
    await partition.tenant("acme").execute([updateNode(ownId("nd", 0), { [NAME]: str("new") })]);
  }

  const hashes = () => {
    const open = partition.partition.stores.open("acme");
    return open && hashesOf(open);
  };

  test.each([
    ["missing", (file: string) => rmSync(file)],
    ["damaged", (file: string) => writeFileSync(file, "no database at all")],
  ])("that is %s comes back from the snapshot and the log", async (_what, spoil) => {
    await onFiles();
    const before = hashes();
    const file = join(partition.directoryOf("acme"), "canonical.db");
    await partition.restart({}, () => spoil(file));
    expect((await served("acme")).fields.get(NAME)).toEqual(str("new"));
    expect(hashes()).toEqual(before);
  });

  test("comes back without the snapshot when that is damaged too", async () => {
    await onFiles();
    const before = hashes();
    const key = (await keys("snapshots/acme/")).find((name) => name.endsWith(".db")) ?? "";
    await store.delete(key, never);
    const file = join(partition.directoryOf("acme"), "canonical.db");
    await partition.restart({}, () => rmSync(file));
    expect((await served("acme")).fields.get(NAME)).toEqual(str("new"));
    expect(hashes()).toEqual(before);
  });

  test("may be the catalog", async () => {
    await onFiles();
    await partition.restart({}, () =>
      rmSync(join(partition.dataDir, "tenants", "_system"), { recursive: true }),
    );
    expect((await served("globex")).fields.get(NAME)).toEqual(str("Bob"));
  });
});
