import type { Clock } from "../base/clock.ts";
import type { EntError } from "../base/errors.ts";
import type { Service } from "../base/service.ts";
import { turn } from "../base/turn.ts";
import { SYSTEM_TENANT_ID } from "../record/transaction.ts";
import type { Applied } from "../store/applied.ts";
import type { CatalogEntry } from "../store/reader/catalog-reader.ts";
import type { ReadFile } from "../store/reader/read-job.ts";
import { damaged, isLogShorterThanViews, troubleOf } from "../store/store-errors.ts";
import { syncView } from "../store/sync-view.ts";
import type { TenantStores } from "../store/tenant-stores.ts";
import type { LogRecord, Wal } from "../wal/wal.ts";
import { applyRecords } from "./apply-records.ts";
import { Slice } from "./build-pass.ts";
import { writeCheckpoint } from "./checkpoint.ts";
import { deletedError } from "./failure.ts";
import { HeldCommits } from "./held-commits.ts";
import type { History } from "./history.ts";
import { JOINED_RECORDS, JoinedBatches } from "./joined-batches.ts";
import { Lanes, type RebuiltView } from "./lanes.ts";
import type { MailboxDrain } from "./mailbox-drain.ts";
import type { AppliedRecord, PlacedRecord } from "./placed-record.ts";
import { Removals } from "./removal.ts";
import { belongsTo, placed, SLICE_RECORDS } from "./replay.ts";
import type { TroubleLog } from "./trouble-log.ts";
import type { ViewCopies } from "./view-copies.ts";
import { Views } from "./views.ts";

/** What the applier counts. */
export interface ApplierMeter {
  /** Once for every record that was applied to a view. */
  applied(outcome: "applied" | "rejected" | "duplicate"): void;
}

export interface ApplierDeps {
  readonly wal: Wal;
  /** Where a view that was lost is made from. */
  readonly history: History;
  /** What a damaged view may be begun with. */
  readonly copies: ViewCopies;
  readonly stores: TenantStores;
  readonly applied: Applied;
  readonly clock: Clock;
  readonly log: TroubleLog;
  readonly meter: ApplierMeter;
  /** Follows the views; told of what is written to them. */
  readonly mailboxes: MailboxDrain;
  /** Directory of the partition checkpoint. */
  readonly checkpointDirectory: string;
  readonly contentHash: (file: ReadFile) => Promise<string>;
  /** Told of each tenant that ends, once the catalog no longer has it. */
  readonly tenantEnded?: ((tenantId: string) => void) | undefined;
  /** A schema is brought to so many rows inside its record's own transaction. Defaults to 256. */
  readonly buildRowsAtOnce?: number | undefined;
  /** Rows of one slice of a schema's build, at most. Defaults to 4,096. */
  readonly buildSliceRows?: number | undefined;
}

const BUILD_SLICE_ROWS = 4_096;
/** A slice of a build ends behind the row at which it has taken so long; then come its commit and everybody else. */
const BUILD_SLICE_MS = 8;

/** The applier gives way to requests when it has worked this long in one go. */
const TURN_MS = 4;

/**
 * Follows the log and applies every record to its tenant's view, in log order within a
 * tenant: the only writer of views. A batch of the log lies in one SQLite transaction per
 * tenant, which may hold several of them. Records of `_system` are a border: what comes after may rest on them.
 *
 * Trouble with one tenant moves that tenant into a lane of its own (`lanes.ts`); the
 * loop itself ends only when the server stops or the log cannot be read.
 */
export class Applier implements Service {
  readonly name = "applier";
  readonly #deps: ApplierDeps;
  readonly #views: Views;
  readonly #held: HeldCommits;
  readonly #lanes: Lanes;
  readonly #removals: Removals;
  readonly #stop = new AbortController();
  /** Rejects when somebody else finds that the partition must not go on. */
  readonly #failed = Promise.withResolvers<never>();
  /** Directories of the views that were written since the last checkpoint, by tenant. */
  #dirty = new Map<string, string>();
  #following: Promise<void> | undefined;
  /** Files that took another's place. */
  #adoptions = 0;
  #checkpointOffset: number;
  #turnStarted = 0;

  /** Begins at `applied.end`, to which the caller has set the checkpoint. */
  constructor(deps: ApplierDeps) {
    this.#deps = deps;
    this.#held = new HeldCommits(deps.clock);
    this.#views = new Views(deps.stores, deps.buildRowsAtOnce, (tenantId, offset, cause) => {
      const entry = deps.stores.findEntry(tenantId);
      if (entry !== undefined) this.#lanes.begin(entry, offset, cause);
    });
    this.#checkpointOffset = deps.applied.end;
    this.#lanes = new Lanes({
      ...deps,
      views: this.#views,
      buildSlice: () => this.#buildSlice(),
      published: (tenantId, applied) => {
        this.#publish(tenantId, applied);
        if (tenantId === SYSTEM_TENANT_ID) this.#makeUpFor(applied);
      },
      adopted: (tenantId) => {
        this.#publish(tenantId, []);
        this.#adoptions += 1;
      },
    });
    this.#removals = new Removals({ ...deps, lanes: this.#lanes });
    deps.stores.onTrouble = (tenantId, error) => this.#troubleFound(tenantId, error);
  }

  /** A start replays from here. */
  get checkpointOffset(): number {
    return this.#checkpointOffset;
  }

  run(): Promise<void> {
    this.#following ??= this.#follow();
    return Promise.race([this.#following, this.#failed.promise]);
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#following?.catch(() => undefined);
    this.#held.commitAll();
    await this.#lanes.stop();
    await this.#removals.settled();
  }

  /** Removes what the catalog does not know. To be called at a start, when everything in the log has been applied. */
  async sweep(): Promise<void> {
    // A catalog that is behind does not know yet what there is.
    if (!this.#lanes.has(SYSTEM_TENANT_ID)) await this.#removals.sweep();
  }

  /** Resolves when the files of a deleted tenant are gone. Rejects with what stands in the way; a next start tries again. */
  removed(entry: CatalogEntry): Promise<void> {
    return this.#removals.finished(entry);
  }

  /** Tries a halted tenant's record once more. Resolves with the error at which it stands, if it still does. */
  retry(tenantId: string): Promise<EntError | undefined> {
    return this.#lanes.retry(tenantId);
  }

  /** Makes a tenant's view again from the log. Undefined when the tenant is in trouble already. */
  rebuild(entry: CatalogEntry): Promise<RebuiltView | undefined> {
    return this.#lanes.rebuild(entry);
  }

  /**
   * Syncs the views that were written since the last checkpoint and moves the checkpoint
   * to where the applier was when this began. Rejects when the checkpoint cannot be
   * written; it then stays where it was, which only makes a next start replay more.
   */
  async checkpoint(): Promise<void> {
    const { wal, applied, mailboxes } = this.#deps;
    // First, since it clears outboxes. What mailboxes lack stands in those, so none holds a checkpoint up.
    await mailboxes.checkpoint();
    this.#held.commitAll();
    const dirty = this.#dirty;
    this.#dirty = new Map();
    const adoptions = this.#adoptions;
    const offset = Math.min(applied.end, this.#lanes.lowestOffset);
    for (const [tenantId, directory] of dirty) {
      await syncView(directory).catch((error: unknown) => {
        // The tenant was deleted meanwhile.
        if (!this.#isDirectoryOf(tenantId, directory)) return;
        // The page cache may now call clean what the disk does not have: only a new file can be trusted.
        this.#troubleFound(tenantId, damaged(directory, "a sync failed", error));
      });
    }
    // A file that came meanwhile has not been synced; the next checkpoint does that first.
    if (adoptions !== this.#adoptions) return;
    const reached = Math.min(offset, this.#lanes.lowestOffset);
    if (reached <= this.#checkpointOffset) return;
    const { logId, partition } = wal;
    await writeCheckpoint(this.#deps.checkpointDirectory, { logId, partition, offset: reached });
    this.#checkpointOffset = reached;
  }

  async #follow(): Promise<void> {
    const { wal, applied, clock } = this.#deps;
    // Nobody is served before what was there at a start is applied, so nobody waits for a turn.
    const servedFrom = wal.end;
    const joining = new JoinedBatches(servedFrom);
    this.#turnStarted = clock.monotonic();
    for await (const logged of wal.follow(applied.end, this.#stop.signal)) {
      const batch = joining.add(logged);
      const first = batch?.[0];
      const last = batch?.at(-1);
      if (batch === undefined || first === undefined || last === undefined) continue;
      applied.begin(first.logTime);
      await this.#applyBatch(batch, first.offset < servedFrom ? JOINED_RECORDS : SLICE_RECORDS);
      if (last.offset + 1 >= servedFrom) this.#views.endWide();
      applied.advance(last.offset + 1);
      this.#turnStarted = clock.monotonic();
    }
  }

  async #applyBatch(batch: readonly LogRecord[], sliceRecords: number): Promise<void> {
    let group = new Map<string, PlacedRecord[]>();
    for (const logged of batch) {
      const record = placed(logged);
      const { tenantId } = record.record;
      if (tenantId !== SYSTEM_TENANT_ID) {
        const records = group.get(tenantId);
        if (records === undefined) group.set(tenantId, [record]);
        else records.push(record);
        continue;
      }
      await this.#applyGroup(group, sliceRecords);
      group = new Map();
      this.#applySystem(record);
    }
    await this.#applyGroup(group, sliceRecords);
  }

  async #applyGroup(group: Map<string, PlacedRecord[]>, sliceRecords: number): Promise<void> {
    for (const [tenantId, records] of group) {
      for (let at = 0; at < records.length; at += sliceRecords) {
        this.#applyTenant(tenantId, records.slice(at, at + sliceRecords));
        await this.#giveWay();
      }
    }
  }

  #applyTenant(tenantId: string, records: readonly PlacedRecord[]): void {
    const last = records.at(-1);
    if (last === undefined || this.#lanes.takes(tenantId, last.offset)) return;
    const { stores } = this.#deps;
    const entry = stores.findEntry(tenantId);
    const own = records.filter((record) => entry !== undefined && belongsTo(record, entry));
    if (own.length < records.length) this.#passOver(records, own);
    const [first] = own;
    if (first === undefined || entry === undefined) return;
    try {
      const view =
        own.length > SLICE_RECORDS ? this.#views.openWide(tenantId) : this.#views.open(tenantId);
      const { applied, failure, building } = applyRecords(view, own, this.#mayHold(tenantId));
      this.#held.note(view);
      this.#publish(tenantId, applied);
      if (failure !== undefined) this.#lanes.begin(entry, failure.offset, failure.cause);
      else if (building !== undefined) this.#build(entry, building, last.offset);
    } catch (error) {
      if (isLogShorterThanViews(error)) throw error;
      this.#lanes.begin(entry, first.offset, error);
    }
  }

  /** Threads that read the files by themselves see what is committed; and on the catalog everything rests. */
  #mayHold(tenantId: string): boolean {
    return tenantId !== SYSTEM_TENANT_ID && this.#deps.applied.observer === undefined;
  }

  /** From here on the tenant goes its own way, up to where the applier has passed it. */
  #build(entry: CatalogEntry, offset: number, passed: number): void {
    this.#lanes.beginBuild(entry, offset);
    this.#lanes.takes(entry.tenantId, passed);
  }

  /** One slice of a schema's build is over with its rows or with its time. */
  #buildSlice(): Slice {
    const { clock, buildSliceRows = BUILD_SLICE_ROWS } = this.#deps;
    const begun = clock.monotonic();
    return new Slice(buildSliceRows, () => clock.monotonic() - begun >= BUILD_SLICE_MS);
  }

  /** Records of a life of the tenant's id that is over change nothing, for ever. Who waits for one is told. */
  #passOver(records: readonly PlacedRecord[], own: readonly PlacedRecord[]): void {
    for (const placed of records) {
      if (own.includes(placed)) continue;
      const { code, reason, message, hint = "", details } = deletedError(placed.record.tenantId);
      const outcome = { state: "rejected", code, reason, message, hint, details } as const;
      const { offset, logTime } = placed;
      this.#deps.applied.publish(offset, { outcome, offset, appliedAt: logTime });
    }
  }

  /** The catalog is everybody's: what a record of it makes or ends must be so before the next record. */
  #applySystem(record: PlacedRecord): void {
    const { stores } = this.#deps;
    const ending = this.#tenantThatEnds(record);
    this.#applyTenant(SYSTEM_TENANT_ID, [record]);
    if (this.#lanes.has(SYSTEM_TENANT_ID)) return;
    const body = record.record.decodeBody();
    switch (body.kind) {
      case "tenant_created":
        return this.#createFile(body.tenantId, record.offset);
      case "tenant_deleted":
        if (ending !== undefined && stores.findEntry(body.tenantId) === undefined)
          this.#end(ending);
        return;
    }
  }

  /** The tenant, as it is before the record is applied. What cannot be read is for applying it to find out. */
  #tenantThatEnds(record: PlacedRecord): CatalogEntry | undefined {
    try {
      const body = record.record.decodeBody();
      return body.kind === "tenant_deleted"
        ? this.#deps.stores.findEntry(body.tenantId)
        : undefined;
    } catch {
      return undefined;
    }
  }

  #createFile(tenantId: string, offset: number): void {
    const { stores } = this.#deps;
    const entry = stores.findEntry(tenantId);
    if (entry?.createdOffset !== offset) return;
    try {
      stores.createFile(entry);
      this.#dirty.set(entry.tenantId, stores.directoryOf(entry));
    } catch (error) {
      this.#lanes.begin(entry, offset, error);
    }
  }

  #end(entry: CatalogEntry): void {
    this.#dirty.delete(entry.tenantId);
    this.#removals.begin(entry);
  }

  /**
   * While the catalog stood in its lane, records of tenants that it did not know yet were
   * passed by: their views are made from the log. Tenants that it now knows to be deleted end.
   */
  #makeUpFor(applied: readonly AppliedRecord[]): void {
    const { stores } = this.#deps;
    void this.#removals.sweep();
    this.#deps.applied.moved(SYSTEM_TENANT_ID);
    for (const { offset } of applied) {
      const entry = stores.catalog.findCreatedAt(offset);
      if (entry === undefined) continue;
      const directory = stores.directoryOf(entry);
      this.#lanes.begin(entry, offset, damaged(directory, "it was not made in its turn"));
    }
  }

  #publish(tenantId: string, applied: readonly AppliedRecord[]): void {
    const entry = this.#deps.stores.findEntry(tenantId);
    if (entry !== undefined) this.#dirty.set(tenantId, this.#deps.stores.directoryOf(entry));
    const last = applied.at(-1);
    if (last === undefined) this.#deps.applied.moved(tenantId);
    else this.#deps.applied.reached(tenantId, last.offset + 1);
    for (const { offset, decided } of applied) {
      this.#deps.stores.noteSeen(offset);
      this.#deps.applied.publish(offset, decided);
      const isRepeated = decided.offset !== offset;
      this.#deps.meter.applied(isRepeated ? "duplicate" : decided.outcome.state);
    }
    this.#deps.mailboxes.wake(tenantId);
  }

  /** A reader or the checkpoint met an error; whether it is the file's is for us to say. */
  #troubleFound(tenantId: string, error: unknown): void {
    if (isLogShorterThanViews(error)) return this.#failed.reject(error);
    if (troubleOf(error) === "unknown") return;
    const entry = this.#deps.stores.findEntry(tenantId);
    if (entry !== undefined) this.#lanes.begin(entry, this.#deps.applied.end, error);
  }

  #isDirectoryOf(tenantId: string, directory: string): boolean {
    const entry = this.#deps.stores.findEntry(tenantId);
    return entry !== undefined && this.#deps.stores.directoryOf(entry) === directory;
  }

  async #giveWay(): Promise<void> {
    const { clock } = this.#deps;
    if (clock.monotonic() - this.#turnStarted < TURN_MS) return;
    await turn();
    this.#turnStarted = clock.monotonic();
  }
}
