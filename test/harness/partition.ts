import { renameSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "../../src/base/clock.ts";
import type { JsonValue } from "../../src/base/json.ts";
import type { Random } from "../../src/base/random.ts";
import { turn } from "../../src/base/turn.ts";
import type { LocalEngine } from "../../src/engine/local-engine.ts";
import type { Caller } from "../../src/record/caller.ts";
import { encodeRecord } from "../../src/record/codec.ts";
import type { TransactionRecord } from "../../src/record/transaction.ts";
import {
  openPartition,
  type Partition,
  type PartitionOptions,
} from "../../src/server/partition.ts";
import { RECORD_TYPE } from "../../src/wal/wal.ts";
import { FakeClock } from "./fake-clock.ts";
import { HeldWal } from "./held-wal.ts";
import { SeededRandom } from "./seeded-random.ts";
import { type TemporaryDirectory, temporaryDirectory } from "./temporary-directory.ts";
import { TenantClient } from "./tenant-client.ts";

/** What the applier told of trouble. */
export interface Trouble {
  readonly what:
    | "stalled"
    | "halted"
    | "rebuilding"
    | "rebuilt so far"
    | "resumed"
    | "building"
    | "built"
    | "not removed"
    | "upkeep failed";
  readonly tenantId: string;
  readonly offset: number | undefined;
  readonly cause: unknown;
}

export type TestPartitionOptions = Partial<
  Omit<PartitionOptions, "dataDir" | "clock" | "random" | "log">
> & {
  /** Defaults to a clock that stands still. */
  readonly clock?: Clock;
  readonly seed?: number;
  /** A data directory that is moved here; by default a new one. */
  readonly from?: string;
};

const MiB = 1024 * 1024;
const CHECKPOINT_MS = 60_000;
const COPY_ATTEMPTS = 5;
/** Only so that a test that waits in vain says for what. */
const GIVE_UP_MS = 20_000;

/**
 * A partition in a directory of its own, with time and chance that repeat. What stands in
 * the way of a quick and repeatable test is off: checkpoints are taken when told.
 */
export class TestPartition implements AsyncDisposable {
  readonly clock: Clock;
  /** The clock, when it is one that the test moves. */
  readonly fakeClock: FakeClock;
  readonly trouble: Trouble[] = [];
  #held: HeldWal | undefined;
  readonly random: Random;
  readonly #options: TestPartitionOptions;
  readonly #places: TemporaryDirectory[] = [];
  #dataDir: string;
  #forks = 0;
  #freshTenants = 0;
  #partition: Partition | undefined;

  /** Use {@link TestPartition.open}. */
  constructor(options: TestPartitionOptions) {
    this.#options = options;
    this.fakeClock = options.clock instanceof FakeClock ? options.clock : new FakeClock();
    this.clock = options.clock ?? this.fakeClock;
    this.random = new SeededRandom(options.seed ?? 1);
    this.#dataDir = this.#newPlace();
    if (options.from !== undefined) renameSync(options.from, this.#dataDir);
  }

  static async open(options: TestPartitionOptions = {}): Promise<TestPartition> {
    const opened = new TestPartition(options);
    try {
      await opened.start();
      return opened;
    } catch (error) {
      await opened[Symbol.asyncDispose]();
      throw error;
    }
  }

  get partition(): Partition {
    if (this.#partition === undefined) throw new Error("the partition is not open");
    return this.#partition;
  }

  /** The log of this partition, which the test may hold up. */
  get held(): HeldWal {
    if (this.#held === undefined) throw new Error("the partition is not open");
    return this.#held;
  }

  get engine(): LocalEngine {
    return this.partition.engine;
  }

  get dataDir(): string {
    return this.#dataDir;
  }

  tenant(tenantId: string, actor = "user:alice", roles: Caller["roles"] = []): TenantClient {
    return new TenantClient(() => this.engine, { tenantId, actor, roles, credential: "" });
  }

  /** A tenant that nothing else has used, with the schema. */
  async freshTenant(schema: JsonValue): Promise<TenantClient> {
    this.#freshTenants += 1;
    const tenant = this.tenant(`tenant-${this.#freshTenants}`);
    await tenant.register(schema);
    return tenant;
  }

  /** The directory of a tenant's own files. */
  directoryOf(tenantId: string): string {
    const { stores } = this.partition;
    const entry = stores.findEntry(tenantId);
    if (entry === undefined) throw new Error(`there is no tenant ${tenantId}`);
    return stores.directoryOf(entry);
  }

  /** Opens what lies in the data directory. Rejects as `openPartition` does. */
  async start(change: TestPartitionOptions = {}): Promise<void> {
    const note = (what: Trouble["what"], tenantId: string, offset?: number, cause?: unknown) => {
      this.trouble.push({ what, tenantId, offset, cause });
    };
    this.#partition = await openPartition({
      wal: "memory",
      segmentBytes: 1 * MiB,
      acceptClock: false,
      openTenants: 64,
      readWorkers: 1,
      checkpointIntervalMs: CHECKPOINT_MS,
      autoCreateTenants: true,
      scanRows: 1_000_000,
      walkEdges: 1_000_000,
      walkDepth: 5,
      version: "test",
      meter: { applied: () => undefined },
      decorateWal: (wal) => {
        this.#held = new HeldWal(wal);
        return this.#held;
      },
      ...this.#options,
      ...change,
      dataDir: this.#dataDir,
      clock: this.clock,
      random: this.random,
      log: {
        tenantStalled: (tenantId, offset, cause) => note("stalled", tenantId, offset, cause),
        tenantHalted: (tenantId, offset, cause) => note("halted", tenantId, offset, cause),
        tenantRebuilding: (tenantId, cause) => note("rebuilding", tenantId, undefined, cause),
        tenantRebuildReached: (tenantId, reached) => note("rebuilt so far", tenantId, reached),
        tenantResumed: (tenantId) => note("resumed", tenantId),
        tenantBuilding: (tenantId, offset) => note("building", tenantId, offset),
        tenantBuilt: (tenantId) => note("built", tenantId),
        filesNotRemoved: (cause) => note("not removed", "", undefined, cause),
        upkeepFailed: (what, cause) => note("upkeep failed", what, undefined, cause),
      },
    });
  }

  /** Checkpoints and closes everything, in the order of a server that is told to stop. */
  async stop(): Promise<void> {
    const partition = this.#partition;
    this.#partition = undefined;
    await partition?.stop();
  }

  /** Stops in order and opens again; `between` may change the files. */
  async restart(change: TestPartitionOptions = {}, between?: () => void): Promise<void> {
    await this.stop();
    between?.();
    await this.start(change);
  }

  /**
   * Goes on from what the directory holds at this moment, as after kill -9: nothing is
   * finished, nothing checkpointed. `between` may change the files.
   */
  async crash(change: TestPartitionOptions = {}, between?: () => void): Promise<void> {
    const copy = this.copy();
    await this.stop();
    this.#dataDir = copy;
    between?.();
    await this.start(change);
  }

  /** Another partition over a copy of the directory as it is now: what a crash at this moment would leave. */
  async fork(change: TestPartitionOptions = {}): Promise<TestPartition> {
    const clock = new FakeClock(this.clock.now());
    // Chance of its own: the same ids must not be made once more.
    this.#forks += 1;
    const seed = 1_000 * (this.#options.seed ?? 1) + this.#forks;
    const from = this.copy();
    return await TestPartition.open({ ...this.#options, clock, seed, ...change, from });
  }

  /** Takes a checkpoint, as upkeep does when its time has come. */
  async checkpoint(): Promise<void> {
    const { checkpointOffset, appliedOffset } = this.engine.logState();
    if (checkpointOffset === appliedOffset) return;
    const due = this.fakeClock.now() + CHECKPOINT_MS;
    await until(
      () => this.fakeClock.now() > due && this.fakeClock.pendingTimers > 0,
      () => this.fakeClock.pendingTimers > 0 && this.fakeClock.advance(1_000),
    );
  }

  /** Appends a record of a tenant as it is, past every check. */
  async appendRecord(
    tenantId: string,
    change: Partial<TransactionRecord> = {},
    tail: readonly number[] = [],
  ): Promise<number> {
    const record: TransactionRecord = {
      rulesVersion: 1,
      tenantId,
      incarnation: 1,
      actor: "user:alice",
      roles: [],
      credential: "",
      idempotencyKey: `raw-${this.partition.wal.end}`,
      serverMadeKey: false,
      requestHash: new Uint8Array(32),
      body: { kind: "transaction", operations: [], attachedSchema: undefined },
      ...change,
    };
    const bytes = new Uint8Array([...encodeRecord(record), ...tail]);
    return (await this.partition.wal.append(RECORD_TYPE.record, bytes)).offset;
  }

  /**
   * A copy of the data directory as it is now. By another process, since to open and close
   * SQLite's files here would drop its locks; this one waits, so that no write is cut in two.
   */
  copy(): string {
    for (let attempt = 1; ; attempt++) {
      const place = this.#newPlace();
      const { exitCode, stderr } = Bun.spawnSync(["cp", "-a", this.#dataDir, place]);
      if (exitCode === 0) return place;
      // A segment that is being prepared may get its name while cp looks for the one it had.
      if (attempt === COPY_ATTEMPTS) throw new Error(stderr.toString());
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    for (const place of this.#places) place[Symbol.dispose]();
  }

  #newPlace(): string {
    const place = temporaryDirectory();
    this.#places.push(place);
    return join(place.path, "data");
  }
}

/** Waits until the condition holds, giving way to everything else; `step` runs in between. */
export async function until(condition: () => boolean, step?: () => void): Promise<void> {
  const begun = performance.now();
  while (!condition()) {
    if (performance.now() - begun > GIVE_UP_MS) {
      throw new Error(`still not so: ${condition.toString()}`);
    }
    step?.();
    await turn();
  }
}
