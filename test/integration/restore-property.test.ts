/**
 * Restoring to any moment gives what was there at that moment. Goal: whatever happened to a few
 * tenants, and whenever snapshots were made and records archived, a restore to the moment behind
 * any step comes to the very rows that the partition served then, mailboxes included, and what
 * came later does not come back; and an object that is missing or damaged is named, or was not
 * needed, never passed over. Method: random histories (`SEED` replays), content hashes noted after
 * each step.
 */
import { expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { ArchiveReader } from "../../src/backup/archive-reader.ts";
import { type RestoreReport, restoreDirectory } from "../../src/backup/restorer.ts";
import { SnapshotShelf } from "../../src/backup/snapshot-shelf.ts";
import { statedTails } from "../../src/backup/stated-tails.ts";
import { EntError } from "../../src/base/errors.ts";
import { SYSTEM_TENANT_ID } from "../../src/record/transaction.ts";
import { TenantStores } from "../../src/store/tenant-stores.ts";
import { giveCopyToLog } from "../../src/store/view-copy.ts";
import {
  type FileHashes,
  hashesOf,
  type Moment,
  steps,
  TenantHistory,
} from "../harness/history-of-tenants.ts";
import { SeededRandom } from "../harness/seeded-random.ts";
import { type TemporaryDirectory, temporaryDirectory } from "../harness/temporary-directory.ts";

/** Some histories come to nothing that could be restored. */
const RUNS = 64;
const never = new AbortController().signal;

/** A reader who has the archive's place and nothing else: whether that says what the archive ends with is a matter of time. */
function archiveOf({ store }: TenantHistory): ArchiveReader {
  return new ArchiveReader(store, statedTails(store, undefined));
}

async function restore(
  history: TenantHistory,
  place: TemporaryDirectory,
  moment: Moment,
  withLog: boolean,
): Promise<RestoreReport> {
  const { store, partition } = history;
  const { wal } = partition.partition;
  return await restoreDirectory(
    {
      directory: join(place.path, "restored"),
      tenantId: undefined,
      targetTime: moment.time,
      dryRun: false,
    },
    {
      shelf: new SnapshotShelf(store),
      archive: archiveOf(history),
      log: withLog ? wal : undefined,
    },
    { clock: partition.clock, random: new SeededRandom(7), progress: () => undefined },
    never,
  );
}

/** What the restored directory holds, as if it were of the log that it came from. */
function restoredHashes(place: TemporaryDirectory, logId: string): Map<string, FileHashes> {
  const directory = join(place.path, "restored", "tenants");
  for (const name of readdirSync(directory)) giveCopyToLog(join(directory, name), logId);
  const logEnd = Number.MAX_SAFE_INTEGER;
  const stores = new TenantStores({ directory, logId, logEnd, openTenantsMax: 8 });
  try {
    const ids = [SYSTEM_TENANT_ID, ...[...stores.catalog.all()].map(({ tenantId }) => tenantId)];
    return new Map(
      ids.map((id) => {
        const store = stores.open(id);
        if (store === undefined) throw new Error(`${id} is in the catalog`);
        return [id, hashesOf(store)];
      }),
    );
  } finally {
    stores.closeAll();
  }
}

function expectMoment(
  history: TenantHistory,
  place: TemporaryDirectory,
  moment: Moment,
  report: RestoreReport,
): void {
  const { wal, stores } = history.partition.partition;
  const expected = new Map(moment.hashes);
  const isOver = (id: string) =>
    stores.findEntry(id)?.incarnation !== expected.get(id)?.incarnation;
  const over = [...expected.keys()].filter(isOver);
  for (const id of over) expected.delete(id);
  const restored = restoredHashes(place, wal.logId);
  expect([...report.deletedSince].sort()).toEqual(over.sort());
  // To end what was deleted since, the catalog has records of its own.
  if (over.length > 0) restored.set(SYSTEM_TENANT_ID, expected.get(SYSTEM_TENANT_ID) as FileHashes);
  expect(restored).toEqual(expected);
}

const SEED = Number(process.env["SEED"] ?? Date.now() % 1_000_000_007);
const whichever = fc.nat({ max: 1_000 });

test(
  `a restore to any moment comes to what was there, or names the object that is not as it was (seed ${SEED})`,
  async () => {
    let restored = 0;
    let named = 0;
    await fc.assert(
      fc.asyncProperty(steps, whichever, whichever, fc.boolean(), async (all, when, key, kind) => {
        await using history = await TenantHistory.open();
        await history.run(all);
        const moments = history.moments.filter(({ hashes }) => hashes.size > 1);
        const moment = moments[when % Math.max(1, moments.length)];
        if (moment === undefined) return;
        if (!kind) await history.archived();
        await expectRestored(history, moment, kind);
        restored += 1;
        await history.archived();
        if (await isNamedWithout(history, moment, key, kind)) named += 1;
      }),
      { numRuns: RUNS, seed: SEED },
    );
    expect(restored).toBeGreaterThanOrEqual(50);
    expect(named).toBeGreaterThan(5);
  },
  { timeout: 600_000 },
);

async function expectRestored(
  history: TenantHistory,
  moment: Moment,
  withLog: boolean,
): Promise<void> {
  using place = temporaryDirectory();
  const report = await restore(history, place, moment, withLog);
  expectMoment(history, place, moment, report);
}

/** Whether a restore names an object that was spoiled; one that does not must not have needed it. */
async function isNamedWithout(
  history: TenantHistory,
  moment: Moment,
  which: number,
  isMissing: boolean,
): Promise<boolean> {
  using place = temporaryDirectory();
  const key = await pick(history, which, isMissing);
  if (key === undefined) return false;
  await spoil(history, key, isMissing);
  try {
    const report = await restore(history, place, moment, false);
    expectMoment(history, place, moment, report);
    return false;
  } catch (error) {
    if (!(error instanceof EntError)) throw error;
    expect(`${error.message} ${error.details["key"]}`).toContain(key);
    expect(readdirSync(place.path)).toEqual([]);
    return true;
  }
}

/** Any object; not a manifest that is to be missing: without one a snapshot is none. */
async function pick(
  { store }: TenantHistory,
  which: number,
  isMissing: boolean,
): Promise<string | undefined> {
  const keys = (await Array.fromAsync(store.list("", never))).flat().map(({ key }) => key);
  const some = keys.filter((key) => !(isMissing && key.endsWith("manifest.json")));
  return some[which % Math.max(1, some.length)];
}

async function spoil({ store }: TenantHistory, key: string, isMissing: boolean): Promise<void> {
  const bytes = await store.get(key, never);
  await store.delete(key, never);
  if (isMissing) return;
  const at = Math.floor(bytes.length / 2);
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  await store.put(key, bytes, never);
}
