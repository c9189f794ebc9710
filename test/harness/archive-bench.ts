import { ArchiveReader } from "../../src/backup/archive-reader.ts";
import { ArchiveRetention } from "../../src/backup/archive-retention.ts";
import { openArchived } from "../../src/backup/archived.ts";
import { Archiver } from "../../src/backup/archiver.ts";
import { BackupThread } from "../../src/backup/backup-thread.ts";
import type { BlobStore } from "../../src/blob/blob-store.ts";
import { MemoryBlobStore } from "../../src/blob/memory-blob-store.ts";
import { encodeRecord } from "../../src/record/codec.ts";
import { SYSTEM_TENANT_ID, type TransactionRecord } from "../../src/record/transaction.ts";
import { MemoryWal } from "../../src/wal/memory-wal.ts";
import { type LogRecord, RECORD_TYPE } from "../../src/wal/wal.ts";
import { FakeClock } from "./fake-clock.ts";
import { until } from "./partition.ts";
import { SeededRandom } from "./seeded-random.ts";
import { type TemporaryDirectory, temporaryDirectory } from "./temporary-directory.ts";

const never = new AbortController().signal;
const START_MS = Date.parse("2024-01-15T12:00:00.000Z");

export interface ArchiveBenchOptions {
  readonly store?: BlobStore;
  readonly firstOffset?: number;
  readonly seed?: number;
}

/** An archiver over a log in memory, with time, place and catalog that the test owns. */
export class ArchiveBench implements AsyncDisposable {
  readonly clock = new FakeClock(START_MS);
  readonly wal: MemoryWal;
  readonly failures: unknown[] = [];
  /** Told by the archiver: "failing", "resumed". */
  readonly told: string[] = [];
  /** Lives of tenants' ids that are over, as "acme/1". */
  readonly over = new Set<string>();
  /** Positions of the oldest snapshots, by tenant. */
  readonly snapshots = new Map<string, number>();
  retentionDays = 0;
  /** How the archiver's thread is started, if not as ever. */
  startThread: (() => Worker) | undefined;
  store: BlobStore;
  storedBytes = 0;
  readonly #place: TemporaryDirectory = temporaryDirectory();
  #archiver: Archiver | undefined;

  constructor({ store = new MemoryBlobStore(), firstOffset = 0, seed = 1 }: ArchiveBenchOptions) {
    this.store = store;
    const random = new SeededRandom(seed);
    const { clock } = this;
    this.wal = new MemoryWal({ topic: "entdb-wal", partition: 0, clock, random, firstOffset });
  }

  static async open(options: ArchiveBenchOptions = {}): Promise<ArchiveBench> {
    const bench = new ArchiveBench(options);
    await bench.start();
    return bench;
  }

  get archiver(): Archiver {
    if (this.#archiver === undefined) throw new Error("the archiver does not run");
    return this.#archiver;
  }

  /** Directory of the position's file. */
  get directory(): string {
    return this.#place.path;
  }

  async start(): Promise<void> {
    const { wal, store, directory } = this;
    this.#archiver = new Archiver({
      ...{ wal, store, directory },
      archived: await openArchived({ wal, store, directory }),
      clock: this.clock,
      intervalMs: 60_000,
      thread: new BackupThread({ clock: this.clock, start: this.startThread }),
      retention: new ArchiveRetention({
        store: this.store,
        retentionDays: this.retentionDays,
        oldestSnapshot: async (tenantId) => this.snapshots.get(tenantId),
      }),
      catalogApplied: () => undefined,
      lifeOf: (tenantId) => {
        let life = 1;
        while (this.over.has(`${tenantId}/${life}`)) life += 1;
        return life;
      },
      meter: {
        stored: (bytes) => {
          this.storedBytes += bytes;
        },
        failed: (error) => void this.failures.push(error),
      },
      log: {
        archiveFailing: () => void this.told.push("failing"),
        archiveResumed: () => void this.told.push("resumed"),
      },
    });
    void this.#archiver.run();
  }

  async stop(): Promise<void> {
    await this.#archiver?.stop();
    this.#archiver = undefined;
  }

  /** Appends so many records of a tenant, of about so many bytes each. */
  async append(tenantId: string, count: number, bytes = 0, incarnation = 1): Promise<void> {
    const records = Array.from({ length: count }, (_, i) => {
      const idempotencyKey = `${tenantId}-${this.wal.end}-${i}-${"x".repeat(bytes)}`;
      return this.appendRecord({ tenantId, incarnation, idempotencyKey });
    });
    await Promise.all(records);
  }

  async appendRecord(change: Partial<TransactionRecord>): Promise<number> {
    const record: TransactionRecord = {
      rulesVersion: 1,
      tenantId: "acme",
      incarnation: 1,
      actor: "user:alice",
      roles: [],
      credential: "",
      idempotencyKey: "key",
      serverMadeKey: false,
      requestHash: new Uint8Array(32),
      body: { kind: "transaction", operations: [], attachedSchema: undefined },
      ...change,
    };
    return (await this.wal.append(RECORD_TYPE.record, encodeRecord(record))).offset;
  }

  /** Ends a life of a tenant's id, as the catalog's record does. */
  async end(tenantId: string, incarnation = 1): Promise<void> {
    this.over.add(`${tenantId}/${incarnation}`);
    const body = { kind: "tenant_deleted", tenantId, incarnation } as const;
    await this.appendRecord({ tenantId: SYSTEM_TENANT_ID, body });
  }

  /** Lets time pass until everything in the log is archived. */
  async caughtUp(): Promise<void> {
    await this.until(() => this.archiver.offset === this.wal.end);
  }

  /** Lets time pass until the condition holds. */
  async until(condition: () => boolean): Promise<void> {
    await until(condition, () => this.clock.advance(500));
  }

  /** The keys of everything in the archive. */
  async keys(prefix = ""): Promise<string[]> {
    const pages = await Array.fromAsync(this.store.list(prefix, never));
    return pages.flat().map(({ key }) => key);
  }

  async archived(tenantId: string, from = 0): Promise<LogRecord[]> {
    const batches = new ArchiveReader(this.store).read(tenantId, from, never);
    return (await Array.fromAsync(batches)).flat();
  }

  /** What the log holds of a tenant's life. */
  async logged(tenantId: string, incarnation = 1): Promise<LogRecord[]> {
    const { decodeRecord } = await import("../../src/record/codec.ts");
    const all = (await Array.fromAsync(this.wal.read(this.wal.start))).flat();
    return all.filter(({ body }) => {
      const record = decodeRecord(body);
      return record.tenantId === tenantId && record.incarnation === incarnation;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await this.wal.close();
    this.#place[Symbol.dispose]();
  }
}
