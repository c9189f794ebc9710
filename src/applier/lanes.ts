/**
 * Tenants in trouble, each in a lane of its own: it reads the log for itself from the
 * record at which it stands, while the applier goes on with everybody else, and comes
 * back when it has caught up. Nothing of it is ever skipped.
 *
 * Invariant: the lane of a tenant exists from the moment the applier fails on one of its
 * records until every record that the applier has passed since is applied.
 */
import type { Clock } from "../base/clock.ts";
import { type EntError, serverStopping } from "../base/errors.ts";
import { SYSTEM_TENANT_ID } from "../record/transaction.ts";
import type { Applied, Behind } from "../store/applied.ts";
import type { CatalogEntry } from "../store/reader/catalog-reader.ts";
import { type StoreTrouble, troubleOf } from "../store/store-errors.ts";
import { RecordFailure } from "./apply-records.ts";
import { buildingError, haltedError, rebuildingError, stalledError } from "./failure.ts";
import type { AppliedRecord } from "./placed-record.ts";
import {
  adoptView,
  type Making,
  proofOf,
  type RebuildDeps,
  rebuildView,
  remakeView,
  requireSame,
  type ViewProof,
} from "./rebuild.ts";
import { replayTenant } from "./replay.ts";
import type { TroubleLog } from "./trouble-log.ts";
import type { Views } from "./views.ts";

export interface LanesDeps extends RebuildDeps {
  readonly views: Views;
  readonly applied: Applied;
  readonly clock: Clock;
  readonly log: TroubleLog;
  /** Makes outcomes known, and the tenant's file one that the next checkpoint syncs. */
  readonly published: (tenantId: string, applied: readonly AppliedRecord[]) => void;
  /** Told that a file was put in another's place. */
  readonly adopted: (tenantId: string) => void;
}

/** What a rebuild at an operator's wish came to. */
export interface RebuiltView {
  readonly records: number;
  readonly before: ViewProof;
  readonly after: ViewProof;
}

const BACKOFF_FIRST_MS = 50;
const BACKOFF_MAX_MS = 5_000;
/** How often it is told how far a file that is being made has come. */
const PROGRESS_MS = 5_000;

interface Lane {
  readonly entry: CatalogEntry;
  /** The first record of the tenant that is not applied. */
  offset: number;
  /** Where the applier was when the lane began: a view that was made again is as good as the old one from here on. */
  readonly begunAt: number;
  /** The applier has passed this tenant's records below it, though it may not say so yet. */
  passed: number;
  /** Why the file cannot serve, until another has taken its place. */
  damage: unknown;
  /** Files made since the tenant last moved on. */
  remakes: number;
  /** Before the next try. */
  pauseMs: number;
  /** When it was last told how far it is. */
  toldAt: number;
  halted: boolean;
  /** Whether it was ever more than a schema being built. */
  inTrouble: boolean;
  /** The record whose schema is being built, or whose leavings are removed: a start must come by it. */
  unfinished: number | undefined;
  /** Ends its work: the server stops, or the tenant is no more. */
  readonly end: AbortController;
  /** Ends when the tenant has caught up, is halted, or the server stops. */
  work: Promise<void>;
}

/** The tenants that are in a lane. */
export class Lanes {
  readonly #deps: LanesDeps;
  readonly #lanes = new Map<string, Lane>();
  #stopped = false;

  constructor(deps: LanesDeps) {
    this.#deps = deps;
  }

  has(tenantId: string): boolean {
    return this.#lanes.has(tenantId);
  }

  /** Whether the tenant is in a lane, which then is to apply its records up to and including this one. */
  takes(tenantId: string, offset: number): boolean {
    const lane = this.#lanes.get(tenantId);
    if (lane === undefined) return false;
    lane.passed = Math.max(lane.passed, offset + 1);
    return true;
  }

  /**
   * No checkpoint may pass it: the lowest offset at which a tenant stands, or nothing at
   * all while there is a file of which nobody knows what the disk has. Infinity when all go on.
   */
  get lowestOffset(): number {
    let lowest = Number.POSITIVE_INFINITY;
    for (const { offset, damage, unfinished = offset } of this.#lanes.values()) {
      lowest = Math.min(lowest, damage === undefined ? Math.min(offset, unfinished) : 0);
    }
    return lowest;
  }

  /**
   * Takes a tenant out of the common way, at the first of its records that is not applied.
   * For one that is out already, damage is noted: its lane has a new file made.
   */
  begin(entry: CatalogEntry, offset: number, error: unknown): void {
    const known = this.#settled(entry);
    if (known !== undefined) {
      if (troubleOf(error) === "damaged") known.damage ??= error;
      return;
    }
    const lane = this.#add(entry, offset);
    lane.work = this.#work(lane, error);
  }

  /** Takes a tenant out of the common way while a schema is brought to the rows that are there. */
  beginBuild(entry: CatalogEntry, offset: number): void {
    if (this.#settled(entry) !== undefined) return;
    const lane = this.#add(entry, offset);
    lane.unfinished = offset;
    this.#say(lane, "building", buildingError(entry.tenantId, offset));
    lane.work = this.#work(lane, undefined);
  }

  /** Tries a halted tenant's record once more. Resolves with the error at which it stands again, if it does. */
  async retry(tenantId: string): Promise<EntError | undefined> {
    const lane = this.#lanes.get(tenantId);
    if (lane === undefined) return undefined;
    if (lane.halted) {
      lane.halted = false;
      this.#say(lane, "stalled", stalledError(tenantId, lane.offset));
      lane.work = this.#work(lane, undefined);
    }
    await lane.work;
    return this.#deps.applied.behind(tenantId)?.error;
  }

  /**
   * Makes a tenant's view again at an operator's wish. Its reads go on from the old file,
   * its writes wait. The new file takes the old one's place only if it came to the same
   * outcomes. Undefined when the tenant is in trouble already.
   */
  async rebuild(entry: CatalogEntry): Promise<RebuiltView | undefined> {
    if (this.#settled(entry) !== undefined) return undefined;
    const lane = this.#add(entry, this.#deps.applied.end);
    this.#say(lane, "rebuilding", rebuildingError(entry.tenantId, lane.offset), true);
    const making = this.#remakeCompared(lane);
    lane.work = making.then(
      () => this.#work(lane, undefined),
      () => this.#work(lane, undefined),
    );
    const rebuilt = await making.catch((error: unknown) => {
      throw lane.end.signal.aborted ? lane.end.signal.reason : error;
    });
    await lane.work;
    return rebuilt;
  }

  /**
   * Ends the lane of a tenant that is no more, with what its waiters are told. Nothing of its
   * records is applied from here on. Resolves when nothing of it is under way.
   */
  async drop(tenantId: string, error: EntError): Promise<void> {
    const lane = this.#lanes.get(tenantId);
    if (lane === undefined) return;
    this.#lanes.delete(tenantId);
    lane.end.abort(error);
    await lane.work;
  }

  /** The tenants that are in one, each in the life in which it is. */
  entries(): CatalogEntry[] {
    return [...this.#lanes.values()].map((lane) => lane.entry);
  }

  /** Stops all lanes where they stand; a next start finds them there. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const { end } of this.#lanes.values()) end.abort(serverStopping());
    await Promise.allSettled([...this.#lanes.values()].map((lane) => lane.work));
  }

  /**
   * The tenant's lane, if it is in one. Nothing is held open of a tenant that is: what was is
   * committed, and if that fails, there is a lane from the first record that is lost.
   */
  #settled({ tenantId }: CatalogEntry): Lane | undefined {
    if (!this.#lanes.has(tenantId)) this.#deps.views.commitHeld(tenantId);
    return this.#lanes.get(tenantId);
  }

  #add(entry: CatalogEntry, offset: number): Lane {
    const begunAt = this.#deps.applied.end;
    const work = Promise.resolve();
    const end = new AbortController();
    if (this.#stopped) end.abort(serverStopping());
    const lane: Lane = {
      entry,
      offset,
      begunAt,
      passed: offset,
      damage: undefined,
      remakes: 0,
      pauseMs: BACKOFF_FIRST_MS,
      toldAt: this.#deps.clock.monotonic(),
      halted: false,
      inTrouble: false,
      unfinished: undefined,
      end,
      work,
    };
    this.#lanes.set(entry.tenantId, lane);
    return lane;
  }

  async #work(lane: Lane, firstError: unknown): Promise<void> {
    const { signal } = lane.end;
    let error = firstError;
    while (!signal.aborted) {
      const trouble = error === undefined ? undefined : troubleOf(error);
      if (isFinal(lane, trouble)) return this.#halt(lane, error);
      if (trouble === "damaged") lane.damage ??= error;
      if (trouble === "stalled") this.#stall(lane, error);
      if (trouble === "stalled" || lane.remakes > 0) await this.#pause(lane);
      try {
        if (lane.damage !== undefined) await this.#remake(lane, lane.damage);
        return await this.#catchUp(lane);
      } catch (caught) {
        error = caught instanceof RecordFailure ? caught.cause : caught;
      }
    }
  }

  /** Twice as long each time, until the tenant moves on. */
  async #pause(lane: Lane): Promise<void> {
    const { pauseMs } = lane;
    lane.pauseMs = Math.min(pauseMs * 2, BACKOFF_MAX_MS);
    await this.#deps.clock.sleep(pauseMs, lane.end.signal);
  }

  /** Replays until the tenant is where the applier is, then gives it back. */
  async #catchUp(lane: Lane): Promise<void> {
    const { history, views, applied, published, buildSlice } = this.#deps;
    const { tenantId } = lane.entry;
    const { signal } = lane.end;
    while (!signal.aborted) {
      const view = () => views.openOf(lane.entry);
      // Also where there is nothing to apply the file must be there.
      view();
      const range = { from: lane.offset, before: Number.POSITIVE_INFINITY };
      const end = await replayTenant(history, lane.entry, range, {
        view,
        onSlice: (records, sliceEnd) => {
          this.#moveOn(lane, sliceEnd);
          published(tenantId, records);
        },
        onBuilding: (offset) => this.#sayBuilding(lane, offset),
        buildSlice,
        signal,
      });
      if (signal.aborted) return;
      this.#moveOn(lane, end);
      if (end < Math.max(applied.end, lane.passed)) continue;
      if (lane.damage !== undefined) throw lane.damage;
      this.#lanes.delete(tenantId);
      applied.clearBehind(tenantId);
      this.#sayResumed(lane);
      return;
    }
  }

  /** The file cannot serve: another is made from the log, and reads wait for it. */
  async #remake(lane: Lane, error: unknown): Promise<void> {
    const { entry } = lane;
    lane.remakes += 1;
    this.#deps.log.tenantRebuilding(entry.tenantId, error);
    this.#say(lane, "rebuilding", rebuildingError(entry.tenantId, lane.offset));
    this.#deps.views.forget(entry.tenantId);
    const made = await remakeView(this.#deps, entry, this.#making(lane, lane.offset, false));
    if (lane.end.signal.aborted) return this.#deps.stores.discardRebuild(made.store);
    adoptView(this.#deps, entry, made.store);
    lane.damage = undefined;
    const readable = lane.offset >= lane.begunAt;
    this.#say(lane, "rebuilding", rebuildingError(entry.tenantId, lane.offset), readable);
    this.#deps.adopted(entry.tenantId);
  }

  async #remakeCompared(lane: Lane): Promise<RebuiltView> {
    const deps = this.#deps;
    const { signal } = lane.end;
    const before = await proofOf(deps, deps.views.openOf(lane.entry).store);
    const end = before.appliedOffset + 1;
    const made = await rebuildView(deps, lane.entry, this.#making(lane, end, true));
    try {
      const after = await proofOf(deps, made.store);
      if (signal.aborted) throw signal.reason;
      requireSame(lane.entry, before, after);
      adoptView(deps, lane.entry, made.store);
      deps.adopted(lane.entry.tenantId);
      return { records: made.records, before, after };
    } catch (error) {
      deps.stores.discardRebuild(made.store);
      throw error;
    }
  }

  /** A file of the records below `before`; whoever asks is told every few seconds how far it is. */
  #making(lane: Lane, before: number, readable: boolean): Making {
    const { clock, log } = this.#deps;
    const { tenantId } = lane.entry;
    return {
      before,
      signal: lane.end.signal,
      onSlice: (reached) => {
        const now = clock.monotonic();
        if (now - lane.toldAt < PROGRESS_MS) return;
        lane.toldAt = now;
        log.tenantRebuildReached(tenantId, reached, before);
        this.#say(lane, "rebuilding", rebuildingError(tenantId, lane.offset, reached), readable);
      },
    };
  }

  #moveOn(lane: Lane, offset: number): void {
    if (offset <= lane.offset) return;
    lane.offset = offset;
    lane.pauseMs = BACKOFF_FIRST_MS;
    lane.remakes = 0;
    const behind = this.#deps.applied.behind(lane.entry.tenantId);
    if (behind === undefined) return;
    const readable = behind.readable || offset >= lane.begunAt;
    this.#deps.applied.setBehind(lane.entry.tenantId, { ...behind, offset, readable });
  }

  #sayBuilding(lane: Lane, offset: number | undefined): void {
    lane.unfinished = offset;
    if (offset === undefined) return;
    const { tenantId } = lane.entry;
    this.#deps.log.tenantBuilding(tenantId, offset);
    this.#say(lane, "building", buildingError(tenantId, offset));
  }

  #sayResumed({ entry, inTrouble }: Lane): void {
    const { log } = this.#deps;
    if (inTrouble) log.tenantResumed(entry.tenantId);
    else log.tenantBuilt(entry.tenantId);
  }

  #stall(lane: Lane, error: unknown): void {
    this.#deps.log.tenantStalled(lane.entry.tenantId, lane.offset, error);
    this.#say(lane, "stalled", stalledError(lane.entry.tenantId, lane.offset));
  }

  #halt(lane: Lane, error: unknown): void {
    lane.halted = true;
    this.#deps.log.tenantHalted(lane.entry.tenantId, lane.offset, error);
    this.#say(lane, "halted", haltedError(lane.entry.tenantId, lane.offset));
  }

  #say(
    lane: Lane,
    trouble: Behind["trouble"],
    error: EntError,
    readable = trouble !== "rebuilding" && lane.damage === undefined,
  ): void {
    lane.inTrouble ||= trouble !== "building";
    const { offset, entry } = lane;
    this.#deps.applied.setBehind(entry.tenantId, { trouble, offset, error, readable });
  }
}

/** Trouble that nothing is done about by itself. The catalog is made again at a start only: all that is open rests on it. */
function isFinal(lane: Lane, trouble: StoreTrouble | undefined): boolean {
  return (
    trouble === "unknown" || (trouble === "damaged" && lane.entry.tenantId === SYSTEM_TENANT_ID)
  );
}
