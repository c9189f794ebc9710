/**
 * Logs and archives of many people, made past the engine: a million records in seconds instead
 * of minutes. The first record of a person is the engine's own; the others differ from it in
 * key, id and fields alone, so that replaying them costs what replaying written ones does.
 */

import { ArchiveRetention } from "../../src/backup/archive-retention.ts";
import { openArchived } from "../../src/backup/archived.ts";
import { Archiver } from "../../src/backup/archiver.ts";
import { BackupThread } from "../../src/backup/backup-thread.ts";
import { must } from "../../src/base/assert.ts";
import { systemClock } from "../../src/base/clock.ts";
import { systemRandom } from "../../src/base/random.ts";
import type { BlobStore } from "../../src/blob/blob-store.ts";
import { decodeRecord, encodeRecord } from "../../src/record/codec.ts";
import type { TransactionRecord } from "../../src/record/transaction.ts";
import { checkpointDirectory, logDirectory } from "../../src/store/data-dir.ts";
import { openWal } from "../../src/wal/open-wal.ts";
import { RECORD_TYPE, type Wal } from "../../src/wal/wal.ts";
import {
  EngineDatabase,
  loadEngine,
  openBenchPartition,
  personFields,
} from "./databases/entdb-engine.ts";
import { newPersonOf, type Person, personId } from "./people.ts";

const PARTITION = 0;
const AT_ONCE = 1_000;
const ARCHIVE_INTERVAL_MS = 1_000;
const LOOK_MS = 20;

/** Makes a data directory whose log has a schema and so many people, and whose views lack all but one. */
export async function writePeopleLog(
  dataDir: string,
  people: number,
  personFor: (n: number) => Person = newPersonOf,
): Promise<void> {
  const next = await peopleRecords(dataDir, personFor);
  await using log = await openLog(dataDir);
  for (let written = 1; written < people; written += AT_ONCE) {
    const count = Math.min(AT_ONCE, people - written);
    const append = () => log.wal.append(RECORD_TYPE.record, next());
    await Promise.all(Array.from({ length: count }, append));
  }
}

/** Makes a data directory with a schema and one person, and hands out records that create others. */
export async function peopleRecords(
  dataDir: string,
  personFor: (n: number) => Person = newPersonOf,
): Promise<() => Uint8Array> {
  const partition = await openBenchPartition(dataDir);
  await loadEngine(partition.engine, 0);
  await new EngineDatabase(partition.engine).createPerson("first", newPersonOf(0));
  const { end } = partition.wal;
  await partition.stop();
  await using log = await openLog(dataDir);
  const template = await recordAt(log.wal, end - 1);
  let n = 0;
  return () => {
    n += 1;
    return personRecord(template, personId(n), personFor(n));
  };
}

/** A record that creates the person, in the likeness of another one that does. */
function personRecord(template: TransactionRecord, id: string, person: Person): Uint8Array {
  const { body } = template;
  if (body.kind !== "transaction") throw new Error("a person is created by a transaction");
  const operations = body.operations.map((operation) => ({
    ...operation,
    id,
    fields: personFields(person),
  }));
  const changed = { idempotencyKey: `create-${id}`, body: { ...body, operations } };
  return encodeRecord({ ...template, ...changed } as TransactionRecord);
}

/** Archives the log of a data directory into a place. Resolves when all of it is there. */
export async function archiveLog(dataDir: string, store: BlobStore): Promise<void> {
  await using log = await openLog(dataDir);
  const { wal } = log;
  const archiver = await followLog(wal, dataDir, store);
  while (archiver.offset < wal.end) await systemClock.sleep(LOOK_MS);
  await archiver.stop();
}

/** An archiver that follows the log of a data directory on which nothing else runs. Trouble of any kind fails the run. */
export async function followLog(wal: Wal, dataDir: string, store: BlobStore): Promise<Archiver> {
  const directory = checkpointDirectory(dataDir);
  const fail = (error: unknown): never => {
    throw error;
  };
  const archiver = new Archiver({
    ...{ wal, store, directory, clock: systemClock, intervalMs: ARCHIVE_INTERVAL_MS },
    thread: new BackupThread({ clock: systemClock }),
    archived: await openArchived({ wal, store, directory }),
    retention: new ArchiveRetention({
      ...{ store, retentionDays: 0, oldestSnapshot: () => Promise.resolve(undefined) },
    }),
    catalogApplied: () => undefined,
    lifeOf: () => 1,
    meter: { stored: () => undefined, failed: fail },
    log: { archiveFailing: fail, archiveResumed: () => undefined },
  });
  void archiver.run();
  return archiver;
}

/** The log of a data directory, alone. */
export async function openLog(dataDir: string): Promise<{ readonly wal: Wal } & AsyncDisposable> {
  const wal = await openWal({
    ...{ kind: "file", topic: "entdb-wal", partition: PARTITION },
    ...{ directory: logDirectory(dataDir, PARTITION), clock: systemClock, random: systemRandom },
  });
  return { wal, [Symbol.asyncDispose]: () => wal.close() };
}

async function recordAt(wal: Wal, offset: number): Promise<TransactionRecord> {
  const [batch] = await Array.fromAsync(wal.read(offset));
  const record = decodeRecord(must(batch?.[0], "the engine has written a person").body);
  return { ...record, body: record.decodeBody() };
}
