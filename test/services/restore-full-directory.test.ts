/**
 * A restore into a place that is full, or read-only: a small file system in memory, which takes
 * root to mount. Goal: the error has its name and says what to do, nothing half restored stays,
 * and what was restored from is untouched.
 */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { ArchiveReader } from "../../src/backup/archive-reader.ts";
import { restoreDirectory } from "../../src/backup/restorer.ts";
import { SnapshotShelf } from "../../src/backup/snapshot-shelf.ts";
import { MemoryBlobStore } from "../../src/blob/memory-blob-store.ts";
import { EMAIL, GRAPH_SCHEMA, NAME, USER } from "../harness/graph-schema.ts";
import { backedUpTo } from "../harness/history-of-tenants.ts";
import { createNode, str } from "../harness/operations.ts";
import { TestPartition } from "../harness/partition.ts";
import { refused } from "../harness/refusal.ts";
import { SeededRandom } from "../harness/seeded-random.ts";
import { canMount, SmallFileSystem } from "./small-file-system.ts";

const never = new AbortController().signal;
const LONG = "x".repeat(50_000);

let small: SmallFileSystem;

beforeEach(() => {
  small = new SmallFileSystem(1);
});
afterEach(() => small[Symbol.dispose]());

async function restoreIntoSmall() {
  const store = new MemoryBlobStore();
  await using partition = await TestPartition.open(backedUpTo(store));
  const tenant = partition.tenant("acme");
  await tenant.register(GRAPH_SCHEMA);
  for (let i = 0; i < 40; i++) {
    await tenant.execute([createNode(USER, { [EMAIL]: str(`${i}`), [NAME]: str(LONG) })]);
  }
  await partition.engine.snapshots.create("", never);
  const before = (await Array.fromAsync(store.list("", never))).flat();
  const { clock } = partition;
  const error = await refused(
    restoreDirectory(
      {
        ...{ directory: join(small.path, "restored"), tenantId: undefined, targetTime: undefined },
        dryRun: false,
      },
      { shelf: new SnapshotShelf(store), archive: new ArchiveReader(store), log: undefined },
      { clock, random: new SeededRandom(7), progress: () => undefined },
      never,
    ),
  );
  expect((await Array.fromAsync(store.list("", never))).flat()).toEqual(before);
  return error;
}

test.skipIf(!canMount)("into a full place is refused by name, and leaves nothing", async () => {
  const error = await restoreIntoSmall();
  expect(error).toMatchObject({ reason: "DATA_DIR_INVALID" });
  expect(error.message).toContain("no room");
  expect(error.hint).toContain("room");
  expect(readdirSync(small.path)).toEqual([]);
});

test.skipIf(!canMount)("into a read-only place is refused by name", async () => {
  small.makeReadOnly();
  const error = await restoreIntoSmall();
  expect(error).toMatchObject({ reason: "DATA_DIR_INVALID" });
  expect(error.message).toContain("read-only");
  expect(readdirSync(small.path)).toEqual([]);
});
