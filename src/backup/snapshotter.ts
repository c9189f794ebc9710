/**
 * Takes snapshots: of every tenant and the catalog when their time has come, of one or all on
 * demand, one copy after the other; and removes those whose time, or whose tenant, is over.
 *
 * 1. Nothing of it holds up the serving thread, and no trouble of it ends anything: what fails
 *    is told and tried again.
 * 2. A round that failed for one tenant goes on with the others, but is not over: the age that
 *    is shown grows until every tenant was taken care of.
 * 3. A tenant that has not changed since its last snapshot needs no other one.
 */
import { anySignal, type CancelSignal } from "../base/cancel-signal.ts";
import type { Clock } from "../base/clock.ts";
import { EntError } from "../base/errors.ts";
import type { Service } from "../base/service.ts";
import { SYSTEM_TENANT_ID } from "../record/transaction.ts";
import type { CatalogEntry } from "../store/reader/catalog-reader.ts";
import type { TenantStores } from "../store/tenant-stores.ts";
import type { Wal } from "../wal/wal.ts";
import { type Manifest, sizeOf } from "./manifest.ts";
import type { SnapshotRetention } from "./snapshot-retention.ts";
import { readSchedule, type SnapshotSchedule, writeSchedule } from "./snapshot-schedule.ts";
import type { SnapshotShelf } from "./snapshot-shelf.ts";
import type { SnapshotWriter } from "./snapshot-writer.ts";

/** What the snapshotter counts. */
export interface SnapshotMeter {
  made(bytes: number, seconds: number): void;
  failed(error: unknown): void;
}

export interface SnapshotterDeps {
  readonly wal: Pick<Wal, "logId" | "partition" | "start">;
  readonly stores: TenantStores;
  readonly shelf: SnapshotShelf;
  readonly writer: SnapshotWriter;
  readonly retention: SnapshotRetention;
  /** Directory of the schedule's file. */
  readonly directory: string;
  readonly clock: Clock;
  /** Between two rounds; undefined: on demand only. */
  readonly intervalMs: number | undefined;
  readonly meter: SnapshotMeter;
  /** Told of a failure, and that it is over, once each. */
  readonly log: { snapshotFailing(cause: unknown): void; snapshotResumed(): void };
}

/** How the snapshots are. */
export interface SnapshotterState {
  readonly place: string;
  /** When the newest one was made, of whatever tenant; undefined: not since this log began. */
  readonly lastAt: number | undefined;
  /** Since every tenant was taken care of, or since there is somebody to do it. */
  readonly ageMs: number;
  /** What is being tried again; undefined: all is well. */
  readonly failure: unknown;
}

const TICK_MS = 60_000;
/** After a round that failed. */
const RETRY_MS = 5 * 60_000;

/** Opens the snapshotter where its schedule was. */
export async function openSnapshotter(deps: SnapshotterDeps): Promise<Snapshotter> {
  const { wal, directory, clock } = deps;
  await deps.writer.clearScratch();
  const saved = await readSchedule(directory, wal.partition);
  if (saved?.logId === wal.logId) return new Snapshotter(deps, saved, true);
  const schedule = { logId: wal.logId, since: clock.now(), completedAt: undefined };
  return new Snapshotter(deps, schedule, false);
}

export class Snapshotter implements Service {
  readonly name = "snapshotter";
  readonly #deps: SnapshotterDeps;
  readonly #stop = new AbortController();
  /** Each tenant's newest snapshot, as far as it was met. */
  readonly #newest = new Map<string, Manifest>();
  /** Tenants that have ended and may have left snapshots. */
  readonly #ended = new Set<string>();
  #schedule: SnapshotSchedule;
  /** The schedule stands in its file; one that was just begun is written when it runs, for which no start waits. */
  #isSaved: boolean;
  #lastAt: number | undefined;
  #swept = false;
  #retryAt = Number.NEGATIVE_INFINITY;
  #failure: unknown;
  /** Only one copy is made at a time. */
  #turn: Promise<unknown> = Promise.resolve();
  #running: Promise<void> | undefined;
  #wake = new AbortController();

  /** Use {@link openSnapshotter}. */
  constructor(deps: SnapshotterDeps, schedule: SnapshotSchedule, isSaved: boolean) {
    this.#deps = deps;
    this.#schedule = schedule;
    this.#isSaved = isSaved;
    this.#lastAt = schedule.completedAt;
  }

  state(): SnapshotterState {
    const { shelf, clock } = this.#deps;
    const { completedAt, since } = this.#schedule;
    const ageMs = Math.max(0, clock.now() - (completedAt ?? since));
    return { place: shelf.place, lastAt: this.#lastAt, ageMs, failure: this.#failure };
  }

  /** Makes a snapshot of the tenant in this life, now. Rejects as `SnapshotWriter.write`, and with the signal's reason. */
  create(entry: CatalogEntry, signal: CancelSignal): Promise<Manifest> {
    return this.#inTurn(signal, (either) => this.#write(entry, either));
  }

  /** Makes a snapshot of every tenant and of the catalog, now. Rejects with the first failure, when all were tried. */
  async createAll(signal: CancelSignal): Promise<Manifest[]> {
    return await this.#inTurn(signal, (either) => this.#round(either, () => Promise.resolve(true)));
  }

  /** Says that the tenant has ended: its snapshots go at once, or as soon as their place lets them. */
  tenantEnded(tenantId: string): void {
    this.#newest.delete(tenantId);
    this.#ended.add(tenantId);
    this.#wake.abort();
  }

  run(): Promise<void> {
    this.#running ??= this.#run();
    return this.#running;
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
    await this.#turn;
  }

  async #run(): Promise<void> {
    const { clock } = this.#deps;
    const { signal } = this.#stop;
    while (!signal.aborted) {
      // Before the work, so that what comes meanwhile is not slept over.
      this.#wake = new AbortController();
      await this.#inTurn(signal, (either) => this.#tick(either)).catch((error) => {
        if (!signal.aborted) this.#fail(error);
      });
      await clock.sleep(TICK_MS, anySignal(signal, this.#wake.signal));
    }
  }

  async #tick(signal: CancelSignal): Promise<void> {
    const { clock, retention, writer } = this.#deps;
    if (!this.#isSaved) await this.#save();
    if (!this.#swept) await this.#sweep(signal);
    for (const tenantId of this.#ended) {
      await retention.removeEnded(tenantId, signal);
      this.#ended.delete(tenantId);
    }
    if (!this.#isDue()) {
      writer.release();
      return;
    }
    this.#retryAt = clock.now() + RETRY_MS;
    await this.#round(signal, (entry) => this.#hasChanged(entry, signal));
    await retention.apply(clock.now(), signal);
  }

  /** Once after a start: a crash may have come between the end of a tenant and that of its snapshots. */
  async #sweep(signal: CancelSignal): Promise<void> {
    const { shelf, stores } = this.#deps;
    for await (const tenantId of shelf.tenants(signal)) {
      const lives = stores.catalog.lastIncarnation(tenantId);
      const isAlive = stores.findEntry(tenantId) !== undefined;
      if (lives > (isAlive ? 1 : 0)) this.#ended.add(tenantId);
    }
    this.#swept = true;
  }

  #isDue(): boolean {
    const { clock, intervalMs, wal } = this.#deps;
    if (intervalMs === undefined || clock.now() < this.#retryAt) return false;
    const { completedAt, since } = this.#schedule;
    // A log that does not begin at the beginning cannot make a tenant again by itself.
    if (completedAt === undefined && wal.start > 0) return true;
    return clock.now() - (completedAt ?? since) >= intervalMs;
  }

  async #round(
    signal: CancelSignal,
    isWanted: (entry: CatalogEntry) => Promise<boolean>,
  ): Promise<Manifest[]> {
    const made: Manifest[] = [];
    const failures: unknown[] = [];
    const begunAt = this.#deps.clock.now();
    for (const entry of this.#entries()) {
      signal.throwIfAborted();
      try {
        if (await isWanted(entry)) made.push(await this.#write(entry, signal));
      } catch (error) {
        signal.throwIfAborted();
        if (this.#isAlive(entry)) failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
    await this.#completed(begunAt);
    return made;
  }

  /** Every tenant; the catalog last, so that it knows every tenant of which there is a snapshot. */
  *#entries(): Generator<CatalogEntry> {
    const { stores } = this.#deps;
    yield* stores.catalog.all();
    const catalog = stores.findEntry(SYSTEM_TENANT_ID);
    if (catalog !== undefined) yield catalog;
  }

  async #hasChanged(entry: CatalogEntry, signal: CancelSignal): Promise<boolean> {
    const { stores, shelf, wal } = this.#deps;
    const { tenantId, incarnation } = entry;
    const newest = this.#newest.get(tenantId) ?? (await shelf.list(tenantId, signal)).at(-1);
    const offset = stores.open(tenantId)?.state().appliedOffset;
    const isSame =
      newest?.logId === wal.logId && newest.incarnation === incarnation && newest.offset === offset;
    if (isSame) this.#newest.set(tenantId, newest);
    return !isSame;
  }

  async #write(entry: CatalogEntry, signal: CancelSignal): Promise<Manifest> {
    const { clock, writer, meter, retention } = this.#deps;
    const begun = clock.monotonic();
    // Two snapshots never have one name.
    const timestamp = Math.max(clock.now(), (this.#newest.get(entry.tenantId)?.timestamp ?? 0) + 1);
    try {
      const manifest = await writer.write(entry, timestamp, signal);
      if (!this.#isAlive(entry)) {
        await retention.removeEnded(entry.tenantId, signal);
        throw deletedMeanwhile(entry.tenantId);
      }
      this.#newest.set(entry.tenantId, manifest);
      this.#lastAt = timestamp;
      meter.made(sizeOf(manifest), (clock.monotonic() - begun) / 1000);
      return manifest;
    } catch (error) {
      if (!signal.aborted) meter.failed(error);
      throw error;
    }
  }

  async #completed(at: number): Promise<void> {
    this.#schedule = { ...this.#schedule, completedAt: at };
    await this.#save();
    if (this.#failure !== undefined) this.#deps.log.snapshotResumed();
    this.#failure = undefined;
  }

  async #save(): Promise<void> {
    const { directory, wal } = this.#deps;
    await writeSchedule(directory, wal.partition, this.#schedule);
    this.#isSaved = true;
  }

  #fail(error: unknown): void {
    if (this.#failure === undefined) this.#deps.log.snapshotFailing(error);
    this.#failure = error;
  }

  #isAlive({ tenantId, incarnation }: CatalogEntry): boolean {
    return this.#deps.stores.findEntry(tenantId)?.incarnation === incarnation;
  }

  /** Does something when nothing else of the kind is under way. The signal and a stop both end it. */
  async #inTurn<T>(signal: CancelSignal, work: (either: AbortSignal) => Promise<T>): Promise<T> {
    const either = anySignal(signal, this.#stop.signal);
    const mine = this.#turn.then(() => {
      either.throwIfAborted();
      return work(either);
    });
    this.#turn = mine.catch(() => undefined);
    return await mine;
  }
}

function deletedMeanwhile(tenantId: string): EntError {
  return new EntError({
    code: "not_found",
    reason: "TENANT_NOT_FOUND",
    message: `Tenant ${tenantId} was deleted while its snapshot was made.`,
    details: { tenant_id: tenantId },
  });
}
